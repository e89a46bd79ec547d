//! The database's schema for the command line and for a start, and the restorations that were cut off before it was filled.

use anyhow::bail;

use crate::config::Config;
use crate::domain::schema_status::SchemaStatus;
use crate::server::wiring::connections;
use crate::signing::UnfinishedRestoration;
use crate::storage::Db;

/// The state of what a service needs.
#[derive(Debug)]
pub struct FoundState {
    /// The database's state.
    pub schema: SchemaStatus,
    /// The restoration that has to be ended before anything else is done, if there is one.
    pub unfinished: Option<UnfinishedRestoration>,
}

/// Makes the database's schema, or brings it up to date; the database's file, or host and port, is returned.
pub async fn migrate(config: &Config) -> anyhow::Result<String> {
    must_not_be_half_restored(config).await?;
    let db = Db::open_and_migrate(&config.database.url, connections(config)).await?;
    let place = db.place();
    db.close().await?;
    Ok(place)
}

/// Makes sure that no restoration has to be ended first. A mark that means nothing any more is removed.
pub async fn must_not_be_half_restored(config: &Config) -> anyhow::Result<()> {
    let Some(unfinished) = UnfinishedRestoration::find(&config.keys.directory)? else {
        return Ok(());
    };
    let schema = Db::schema_status(&config.database.url, connections(config)).await?;
    if is_in_the_way(&unfinished, &schema) {
        bail!(unfinished.advice());
    }
    // Later a key file that it names may be gone, as keys go in time, and then it would be in the way.
    unfinished.forget();
    Ok(())
}

/// Looks at everything, and changes nothing.
pub async fn state(config: &Config) -> anyhow::Result<FoundState> {
    let schema = Db::schema_status(&config.database.url, connections(config)).await?;
    let unfinished = UnfinishedRestoration::find(&config.keys.directory)?;
    let unfinished = unfinished.filter(|unfinished| is_in_the_way(unfinished, &schema));
    Ok(FoundState { schema, unfinished })
}

/// True if the restoration did not come so far that the database is filled.
fn is_in_the_way(unfinished: &UnfinishedRestoration, schema: &SchemaStatus) -> bool {
    !unfinished.is_complete() || !schema.has_changes
}
