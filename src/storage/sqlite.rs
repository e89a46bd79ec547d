//! SQLite's part in opening the database: its settings, and the connections that are used again.

use sea_orm::ConnectOptions;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{Connection, Sqlite, SqliteConnection, raw_sql};

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
///
/// A missing file is made if `may_create`, whatever the address says: it is a mistake for most commands.
pub(super) fn set_up(options: &mut ConnectOptions, durability: Durability, may_create: bool) {
    let synchronous = match durability {
        Durability::Committed => "FULL",
        Durability::Soon => "NORMAL",
    };
    options
        .map_sqlx_sqlite_opts(move |options| {
            options
                .create_if_missing(may_create)
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
