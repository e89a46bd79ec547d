//! A look at the schema of a database, which changes nothing.

use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DbErr};
use secrecy::SecretString;

use crate::domain::schema_status::{Migration, MigrationState};
use crate::storage::connect::{Db, Opener};
use crate::storage::error::StorageError;
use crate::storage::schema;

/// The table of the migrations that were made.
const RECORDS: &str = "seaql_migrations";

impl Db {
    /// The state of all migrations in the database at `url`, and its place. A file that is missing has none.
    pub async fn migrations(url: &SecretString) -> Result<(Vec<Migration>, String), StorageError> {
        let db = match Box::pin(Self::connect(url, 2.into(), Opener::Command)).await {
            Err(StorageError::NoFile(path)) => {
                return Ok((compared(Vec::new()), path.display().to_string()));
            }
            connected => connected?,
        };
        let place = db.place();
        let applied = db.recorded().await.map_err(|error| error.at(&place));
        db.close().await?;
        Ok((compared(applied?), place))
    }

    /// The names of the migrations that were made.
    async fn recorded(&self) -> Result<Vec<String>, StorageError> {
        if !schema::has_table(&self.connection.inner, RECORDS).await? {
            return Ok(Vec::new());
        }
        let all = Query::select().column("version").from(RECORDS).take();
        let rows = self.connection.query_all(&all).await?;
        let names: Result<_, DbErr> = rows.iter().map(|row| row.try_get("", "version")).collect();
        Ok(names?)
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
