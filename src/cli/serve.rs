//! `wharfinger serve`.

use super::context::Context;
use crate::server;

/// Runs the service until it is told to stop.
pub(super) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    server::serve(&context.config).await
}
