//! `wharfinger serve`.

use crate::cli::context::Context;
use crate::server;

/// Runs the service until a signal stops it.
pub(super) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    server::serve(&context.config).await
}
