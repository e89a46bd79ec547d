//! `wharfinger migrate`.

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::output::table::Table;
use crate::domain::schema_status::{Migration, SchemaAge};
use crate::server::{self, FoundState};

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum Command {
    /// List all migrations, and tell by the exit status whether the schema is this program's. Changes nothing.
    ///
    /// The status is 0 if this program can serve the database as it is, and 1 if not: with migrations that are pending,
    /// it serves after `wharfinger migrate` or a start of the service; with unknown ones, a newer program made the schema. What
    /// was cut off, a restoration too, is said with the next step.
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
    let FoundState { schema, unfinished } = server::state(&context.config).await?;
    let (age, place) = (schema.age(), &schema.place);
    let row =
        |migration: &Migration| vec![migration.name.clone(), migration.state.name().to_owned()];
    let table = Table::new(
        &["MIGRATION", "STATE"],
        schema.migrations.iter().map(row).collect(),
    );
    let listed = schema.migrations.iter();
    let listed =
        listed.map(|migration| json!({ "name": migration.name, "state": migration.state.name() }));
    let listed: Vec<_> = listed.collect();
    let can_serve = age == SchemaAge::UpToDate && unfinished.is_none();
    let view = json!({
        "status": age.name(),
        "database": place,
        "can_serve": can_serve,
        "empty": !schema.has_changes,
        "half_restored": unfinished.is_some(),
        "migrations": listed,
    });
    context.output.table(&view, &table)?;
    let next = schema.next_step();
    if let Some(unfinished) = unfinished {
        bail!(unfinished.advice());
    }
    if !can_serve {
        bail!(next.unwrap_or_default());
    }
    let told = format!("The schema of the database {place} is up to date.");
    let told = next.map_or_else(|| told.clone(), |next| format!("{told} {next}"));
    context.output.note(&told);
    Ok(())
}
