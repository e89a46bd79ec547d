//! A look at the schema of a database, which changes nothing.

use migration::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::EntityName;
use secrecy::SecretString;

use crate::domain::schema_status::{Migration, MigrationState, SchemaStatus};
use crate::storage::changes::counter;
use crate::storage::connections::db::Db;
use crate::storage::connections::pools::Opener;
use crate::storage::connections::sizes::Connections;
use crate::storage::entity::change_counter;
use crate::storage::error::StorageError;
use crate::storage::schema;
use crate::storage::schema::engines;
use crate::storage::schema::fold;
use crate::storage::schema::foreign;

/// The findings in a database that is there.
struct SchemaFindings {
    /// The names of the migrations that were made.
    applied: Vec<String>,
    is_indexed: bool,
    has_changes: bool,
}

impl Db {
    /// The state of the database at `url`, which a missing file has too.
    pub async fn schema_status(
        url: &SecretString,
        connections: impl Into<Connections>,
    ) -> Result<SchemaStatus, StorageError> {
        let opened = Self::connect(url, connections.into(), Opener::Command);
        let db = match Box::pin(opened).await {
            Err(StorageError::NoFile(path)) => {
                return Ok(SchemaStatus {
                    place: path.display().to_string(),
                    is_there: false,
                    migrations: compared(Vec::new()),
                    is_indexed: true,
                    has_changes: false,
                });
            }
            connected => connected?,
        };
        let place = db.place();
        let looked = db.look().await.map_err(|error| error.at(&place));
        db.close().await?;
        let SchemaFindings {
            applied,
            is_indexed,
            has_changes,
        } = looked?;
        Ok(SchemaStatus {
            place,
            is_there: true,
            migrations: compared(applied),
            is_indexed,
            has_changes,
        })
    }

    async fn look(&self) -> Result<SchemaFindings, StorageError> {
        let manager = SchemaManager::new(&self.connection.inner);
        let applied = foreign::recorded(&manager).await?;
        if applied.is_empty() {
            // A start would be refused.
            schema::must_be_fit(&manager).await?;
        }
        if !foreign::are_foreign(&applied) {
            engines::must_have_transactions(manager.get_connection()).await?;
        }
        // Its columns are there when all migrations were made.
        let is_whole = applied.len() == Migrator::migrations().len();
        let is_indexed = !is_whole || !fold::is_due(&self.connection).await?;
        let has_counter =
            schema::has_table(&self.connection.inner, change_counter::Entity.table_name()).await?;
        let has_changes = has_counter
            && match counter::read(&self.connection).await {
                Ok(number) => number > 0,
                // The table is made before its row.
                Err(StorageError::NoCounter) => false,
                Err(error) => return Err(error),
            };
        Ok(SchemaFindings {
            applied,
            is_indexed,
            has_changes,
        })
    }
}

/// The program's own migrations in their order, and after them those that it does not know.
fn compared(mut applied: Vec<String>) -> Vec<Migration> {
    let all = Migrator::migrations();
    let known = all.iter().map(|migration| {
        let name = migration.name().to_owned();
        let state = if applied.contains(&name) {
            MigrationState::Applied
        } else {
            MigrationState::Pending
        };
        Migration { name, state }
    });
    let mut compared: Vec<Migration> = known.collect();
    applied.retain(|name| compared.iter().all(|migration| migration.name != *name));
    applied.sort();
    compared.extend(applied.into_iter().map(|name| Migration {
        name,
        state: MigrationState::Unknown,
    }));
    compared
}
