//! `wharfinger migrate`.

use serde_json::json;

use crate::cli::context::Context;
use crate::server;

/// Makes the database's schema, or brings it up to date.
pub(super) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    let place = server::migrate(&context.config).await?;
    context.output.note(&format!(
        "The schema of the database {place} is up to date."
    ));
    let done = json!({ "status": "up to date", "database": place });
    context.output.for_programs(&done)
}
