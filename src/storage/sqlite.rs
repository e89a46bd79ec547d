//! SQLite's part in opening the database: its file, its settings, and which connections are used again.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use sea_orm::ConnectOptions;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{Connection, Sqlite, SqliteConnection, raw_sql};

use crate::storage::error::StorageError;

/// The time that SQLite waits for another writer, in milliseconds.
const BUSY_TIMEOUT: &str = "5000";

/// The time at which what was committed is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Before the commit is answered: for everything that is acknowledged to somebody.
    Committed,
    /// A little later: a power cut may lose the last seconds, but never breaks the file.
    Soon,
}

/// Settings of the connections of a pool; they mean nothing to other databases.
pub(super) fn set_up(options: &mut ConnectOptions, durability: Durability) {
    let synchronous = match durability {
        Durability::Committed => "FULL",
        Durability::Soon => "NORMAL",
    };
    options
        .map_sqlx_sqlite_opts(move |options| {
            options
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", synchronous)
                .pragma("busy_timeout", BUSY_TIMEOUT)
                .foreign_keys(true)
        })
        .map_sqlx_sqlite_pool_opts(close_the_unfinished);
}

/// Closes a connection that comes back inside a transaction, instead of using it again.
///
/// SQLite takes a transaction back by itself when the disk is full. The driver's own rollback then fails, and
/// the driver goes on to count one transaction too many: later changes would be savepoints of a transaction
/// that nobody ever commits.
fn close_the_unfinished(pool: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    pool.after_release(|connection, _| Box::pin(async { Ok(is_at_rest(connection).await) }))
}

/// True if a new transaction can begin, as SQLite and as the driver sees it. A rollback that still waits
/// is done first.
async fn is_at_rest(connection: &mut SqliteConnection) -> bool {
    let begins = raw_sql("BEGIN; ROLLBACK").execute(&mut *connection).await;
    begins.is_ok() && !connection.is_in_transaction()
}

/// The file that a SQLite address names, if it is one.
pub(super) fn file(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))?;
    Some(rest.split_once('?').map_or(rest, |(file, _)| file))
}

/// Makes the folder of a database if it is missing. Only its owner may read it, because it holds
/// everybody's names and the digests of their secrets.
pub(super) fn make_folder_of(file: &Path) -> Result<(), StorageError> {
    let Some(folder) = file.parent().filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(());
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        StorageError::Address(format!(
            "the folder {} cannot be made: {error}",
            folder.display()
        ))
    })
}
