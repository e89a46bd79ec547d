//! `wharfinger migrate`.

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::table::Table;
use crate::domain::schema_status::{Migration, SchemaAge};
use crate::server;

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum Command {
    /// List all migrations, and tell by the exit status whether the schema is this program's. Changes nothing.
    ///
    /// The status is 0 if this program can serve the database as it is, and 1 if not: with migrations that are pending,
    /// it serves after `wharfinger migrate` or a start of the service; with unknown ones, a newer program made the schema.
    Status,
}

/// Makes the database's schema, or brings it up to date; or tells its state.
pub(super) async fn run(command: Option<Command>, context: &Context<'_>) -> anyhow::Result<()> {
    if let Some(Command::Status) = command {
        return status(context).await;
    }
    let place = server::migrate(&context.config).await?;
    context.output.note(&format!(
        "The schema of the database {place} is up to date."
    ));
    let done = json!({ "status": "up to date", "database": place });
    context.output.for_programs(&done)
}

async fn status(context: &Context<'_>) -> anyhow::Result<()> {
    let (migrations, place) = server::migrations(&context.config).await?;
    let age = SchemaAge::of(&migrations);
    let row =
        |migration: &Migration| vec![migration.name.clone(), migration.state.name().to_owned()];
    let table = Table::new(
        &["MIGRATION", "STATE"],
        migrations.iter().map(row).collect(),
    );
    let listed = migrations
        .iter()
        .map(|migration| json!({ "name": migration.name, "state": migration.state.name() }));
    let listed: Vec<_> = listed.collect();
    let view = json!({
        "status": age.name(),
        "database": place,
        "can_serve": age == SchemaAge::UpToDate,
        "migrations": listed,
    });
    context.output.table(&view, &table)?;
    match age {
        SchemaAge::UpToDate => {
            let told = format!("The schema of the database {place} is up to date.");
            context.output.note(&told);
            Ok(())
        }
        SchemaAge::None => bail!(
            "the database {place} has no schema yet; start the server or run `wharfinger migrate`"
        ),
        SchemaAge::Older => bail!(
            "the schema of the database {place} is older than this program; start the server or run `wharfinger migrate`"
        ),
        SchemaAge::Newer => bail!(
            "the schema of the database {place} is newer than this program; run the version that made it, or a later one"
        ),
    }
}
