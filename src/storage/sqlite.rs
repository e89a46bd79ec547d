//! SQLite's part in opening the database: its settings, and the connections that are used again.

use std::time::{Duration, Instant};

use sea_orm::ConnectOptions;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{Connection, Error, Sqlite, SqliteConnection, raw_sql};

/// The time that SQLite waits for another writer, in milliseconds.
const BUSY_TIMEOUT: &str = "5000";

/// The steps of SQLite's machine after which it looks at the time: some tenths of a millisecond.
const STEPS: i32 = 10_000;

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
/// A missing file is made if `may_create`, whatever the address says: it is a mistake for most commands. With a
/// `longest`, statements that work for longer are given up.
pub(super) fn set_up(
    options: &mut ConnectOptions,
    durability: Durability,
    may_create: bool,
    longest: Option<Duration>,
) {
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
        .map_sqlx_sqlite_pool_opts(move |pool| {
            let pool = close_the_unfinished(pool);
            match longest {
                None => pool,
                Some(longest) => give_up_after(longest, pool),
            }
        });
}

/// Ends statements that work for longer: nobody else could, because SQLite works inside of this process.
fn give_up_after(longest: Duration, pool: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    pool.before_acquire(move |connection, _| {
        Box::pin(async move {
            set_end(connection, longest).await?;
            Ok(true)
        })
    })
    .after_connect(move |connection, _| Box::pin(set_end(connection, longest)))
}

/// A connection is taken for each statement, whose time begins then.
async fn set_end(connection: &mut SqliteConnection, longest: Duration) -> Result<(), Error> {
    let begin = Instant::now();
    let goes_on = move || begin.elapsed() < longest;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, goes_on);
    Ok(())
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
