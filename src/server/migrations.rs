//! The database's schema for the command line and for a start, and the restorations that were cut off before it was filled.

use anyhow::bail;

use crate::config::Config;
use crate::domain::schema_status::SchemaStatus;
use crate::server::connections;
use crate::signing::{KeyError, UnfinishedRestoration};
use crate::storage::{Db, StorageError};

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
    let Some(marked) = MarkedKeys::find(config)? else {
        return Ok(());
    };
    if marked.is_half_restored(config).await? {
        bail!(marked.unfinished.advice());
    }
    // Later a key file that it names may be gone, as keys go in time, and then it would be in the way.
    marked.unfinished.forget();
    Ok(())
}

/// Looks at everything, and changes nothing.
pub async fn state(config: &Config) -> anyhow::Result<FoundState> {
    let schema = Db::schema_status(&config.database.url, connections(config)).await?;
    let marked = MarkedKeys::find(config)?;
    let unfinished = marked.filter(|marked| marked.is_in_the_way(&schema));
    Ok(FoundState {
        schema,
        unfinished: unfinished.map(|marked| marked.unfinished),
    })
}

/// Key files beside the mark of a restoration.
#[derive(Debug)]
pub(super) struct MarkedKeys {
    pub(super) unfinished: UnfinishedRestoration,
}

impl MarkedKeys {
    /// Those in the folder that is configured, if they have a mark.
    pub(super) fn find(config: &Config) -> Result<Option<Self>, KeyError> {
        let found = UnfinishedRestoration::find(&config.keys.directory)?;
        Ok(found.map(|unfinished| Self { unfinished }))
    }

    /// True if the restoration did not come so far that the database is filled.
    pub(super) async fn is_half_restored(&self, config: &Config) -> Result<bool, StorageError> {
        let schema = Db::schema_status(&config.database.url, connections(config)).await?;
        Ok(self.is_in_the_way(&schema))
    }

    fn is_in_the_way(&self, schema: &SchemaStatus) -> bool {
        !self.unfinished.is_complete() || !schema.has_changes
    }
}
