//! `wharfinger migrate`.

use serde_json::json;

use crate::cli::context::Context;
use crate::server;

/// Makes the database's schema, or brings it up to date.
pub(super) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    server::migrate(&context.config).await?;
    context.output.note("The database's schema is up to date.");
    let done = json!({ "status": "up to date" });
    context.output.for_programs(&done)
}
