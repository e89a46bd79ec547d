//! SQLite's part in opening the database: its settings, and the connections that are used again.

use std::time::{Duration, Instant};

use sea_orm::ConnectOptions;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{Connection, Error, Sqlite, SqliteConnection, raw_sql};

/// The time that SQLite waits for another writer, in milliseconds.
const BUSY_TIMEOUT: &str = "5000";

/// The most of the file that a connection keeps in memory, in KiB (a number below zero, for SQLite). The system keeps what is
/// read often, once for all of them; by itself each would come to keep 2 MiB.
const PAGES_IN_MEMORY: &str = "-256";

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

/// The settings of the connections of a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolSettings {
    pub(super) durability: Durability,
    /// True if a missing file is made, whatever the address says: it is a mistake for most commands.
    pub(super) may_create: bool,
    /// Statements that work for longer are given up.
    pub(super) longest: Option<Duration>,
    /// True if the connections are kept for long: each then keeps little of the file in memory.
    pub(super) is_thrifty: bool,
}

/// Sets the connections of a pool up; this means nothing to other databases.
pub(super) fn set_up(options: &mut ConnectOptions, settings: PoolSettings) {
    let PoolSettings {
        durability,
        may_create,
        longest,
        is_thrifty,
    } = settings;
    let synchronous = match durability {
        Durability::Committed => "FULL",
        Durability::Soon => "NORMAL",
    };
    options
        .map_sqlx_sqlite_opts(move |options| {
            let options = if is_thrifty {
                options.pragma("cache_size", PAGES_IN_MEMORY)
            } else {
                options
            };
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
