//! The schema: compares it with this program's, and brings it up to date.

mod engines;
pub(super) mod fold;
mod foreign;
mod status;

use std::convert::Infallible;
use std::time::Duration;

use migration::{IntoSchemaManagerConnection, Migrator, MigratorTrait, SchemaManager};
use sea_orm::sea_query::{Func, FunctionCall, Query, SelectStatement};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::storage::connections::bounded::Bounded;
use crate::storage::error::StorageError;

/// The number of the schema's lock on PostgreSQL: "whrf" as a number.
const POSTGRES_LOCK: i64 = 0x7768_7266;
/// The beginning of the name of the schema's lock on MySQL, where names are those of all databases of a server: behind it comes the digest
/// of the database's own, because a name has 64 letters at most.
const MYSQL_LOCK: &str = "wharfinger_";
/// The time to wait on MySQL for another program that holds the lock.
const MYSQL_PATIENCE: Duration = Duration::from_hours(1);

/// The wait for the turn after which the log says so.
const SAID_AFTER: Duration = Duration::from_secs(3);

/// The pause after the first try to change tables that others use, and the longest: a try may repeat much work.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The pause between two signs of life of the program that has the turn.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// The column in MySQL's answer to the request for a lock.
const LOCKED: &str = "locked";

const OLDER: &str = "older than this program; run `wharfinger migrate`";
const ANOTHER: &str = "another program's; give Wharfinger a database, or a schema, of its own";
const NEWER: &str = "newer than this program; run the version that made it, or a later one";

/// Brings the schema and its rows up to date; `connection` must be good for two at a time.
///
/// Programs that start together take turns, and the second finds nothing left to do. The lock is held by
/// a connection in a transaction, so it ends with this program, and a pooler before PostgreSQL cannot
/// pass the connection on to others.
pub(super) async fn bring_up_to_date(
    connection: &Bounded<DatabaseConnection>,
) -> Result<(), StorageError> {
    match connection.get_database_backend() {
        // On SQLite the schema is part of a transaction too, which has the write lock already.
        DbBackend::Sqlite => {
            in_one_transaction(&connection.inner).await?;
            fold::fill(connection).await
        }
        backend => {
            let turn = take_turn(&connection.inner, backend).await?;
            let done = tokio::select! {
                done = when_free(connection) => done,
                lost = keep(&turn) => Err(to_error(lost)),
            };
            turn.rollback().await?;
            done
        }
    }
}

/// Does that on a server as soon as nobody is in the way for longer than a moment. A backup reads tables to its end, and whoever comes to
/// read one waits behind a change of it: each try is given up after a second, and in the pause before the next all others go on. Other programs
/// that would change the schema wait for the turn meanwhile.
async fn when_free(connection: &Bounded<DatabaseConnection>) -> Result<(), StorageError> {
    let mut pause = FIRST_PAUSE;
    loop {
        match bring_up_in_turn(connection).await {
            Err(error) if error.met_others() => tracing::warn!(
                "the schema of the database cannot be changed while others use its tables, such as a backup or a transaction that nobody \
                 ended; trying again until they are done: {error}"
            ),
            done => return done,
        }
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Brings the schema up to date for somebody who has the turn, at once.
pub(super) async fn bring_up_in_turn(
    connection: &Bounded<DatabaseConnection>,
) -> Result<(), StorageError> {
    bring_to(&connection.inner, None, 0).await?;
    fold::fill(connection).await
}

/// Waits until no other program changes the schema of a server; the turn ends with the transaction.
pub(super) async fn take_turn(
    connection: &DatabaseConnection,
    backend: DbBackend,
) -> Result<DatabaseTransaction, StorageError> {
    let turn = connection.begin().await?;
    if backend == DbBackend::Postgres {
        // The wait for the turn has no limit, unlike that for a table.
        turn.execute_unprepared("SET LOCAL lock_timeout = 0")
            .await?;
    }
    tokio::select! {
        locked = lock(&turn, backend) => locked?,
        never = say_that_it_waits() => match never {},
    }
    Ok(turn)
}

/// Says once that the turn is another program's.
async fn say_that_it_waits() -> Infallible {
    tokio::time::sleep(SAID_AFTER).await;
    tracing::info!(
        "waiting for another program, which changes the schema of the database or restores it"
    );
    std::future::pending().await
}

/// A level of the schema: the state after a migration that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaLevel(usize);

impl SchemaLevel {
    /// The level after the migration of that name; none if it is a newer program's.
    pub fn after(name: &str) -> Option<Self> {
        let all = Migrator::migrations();
        all.iter()
            .position(|migration| migration.name() == name)
            .map(Self)
    }

    /// The number of migrations that lead to it.
    pub(super) fn migrations(self) -> usize {
        self.0 + 1
    }
}

/// Brings the schema, to which so many migrations were applied, to a level, or else to this program's.
pub(super) async fn bring_to(
    connection: impl IntoSchemaManagerConnection<'_> + Copy,
    level: Option<SchemaLevel>,
    applied: usize,
) -> Result<(), StorageError> {
    let steps = level.map(|level| level.migrations().saturating_sub(applied));
    let steps = steps.and_then(|steps| u32::try_from(steps).ok());
    let manager = SchemaManager::new(connection);
    let recorded = foreign::recorded(&manager).await?;
    if foreign::are_foreign(&recorded) {
        return Err(StorageError::OtherSchema(ANOTHER));
    }
    if recorded.is_empty() {
        must_be_fit(&manager).await?;
    }
    engines::must_have_transactions(manager.get_connection()).await?;
    if steps == Some(0) {
        return Ok(());
    }
    let done = Migrator::up(connection, steps).await;
    done.map_err(to_error)
}

/// Makes sure that the first migration may be made.
pub(super) async fn must_be_fit(manager: &SchemaManager<'_>) -> Result<(), StorageError> {
    foreign::must_be_none(manager).await?;
    must_take_every_text(manager.get_connection()).await
}

/// True if all migrations of a database are another program's.
pub(super) async fn is_foreign(
    connection: impl IntoSchemaManagerConnection<'_>,
) -> Result<bool, StorageError> {
    let recorded = foreign::recorded(&SchemaManager::new(connection)).await?;
    Ok(foreign::are_foreign(&recorded))
}

/// The encoding in which PostgreSQL keeps every text. MySQL is told for each table, and SQLite has no other.
const EVERY_TEXT: &str = "UTF8";

/// Makes sure that a database keeps every text, and counts its letters. One that PostgreSQL made without a locale counts bytes.
async fn must_take_every_text(connection: &impl ConnectionTrait) -> Result<(), StorageError> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let question = asked(Func::cust("getdatabaseencoding"));
    let row = connection.query_one(&question).await?;
    let encoding: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    match encoding {
        Some(encoding) if encoding != EVERY_TEXT => Err(StorageError::Encoding(encoding)),
        _ => Ok(()),
    }
}

/// The names of the migrations that were applied, oldest first.
pub(super) async fn applied(
    connection: &impl ConnectionTrait,
) -> Result<Vec<String>, StorageError> {
    let applied = Migrator::get_applied_migrations_read_only(connection).await;
    let applied = applied.map_err(to_error)?;
    Ok(applied.iter().map(|one| one.name().to_owned()).collect())
}

/// Compares the schema with this program's, and changes nothing.
pub(super) async fn check(connection: &DatabaseConnection) -> Result<(), StorageError> {
    let pending = Migrator::get_pending_migrations_read_only(connection).await;
    let pending = match pending.map_err(to_error) {
        Err(StorageError::OtherSchema(_)) => {
            let is_foreign = is_foreign(connection).await?;
            let whose = if is_foreign { ANOTHER } else { NEWER };
            return Err(StorageError::OtherSchema(whose));
        }
        pending => pending?,
    };
    match pending {
        pending if pending.is_empty() => engines::must_have_transactions(connection).await,
        pending if pending.len() == Migrator::migrations().len() => Err(StorageError::NoSchema),
        _ => Err(StorageError::OtherSchema(OLDER)),
    }
}

async fn in_one_transaction(connection: &DatabaseConnection) -> Result<(), StorageError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    bring_to(&transaction, None, 0).await?;
    Ok(transaction.commit().await?)
}

/// Waits for the lock; on MySQL it ends with the connection, on PostgreSQL with the transaction.
async fn lock(turn: &DatabaseTransaction, backend: DbBackend) -> Result<(), StorageError> {
    let question = if backend == DbBackend::Postgres {
        asked(Func::cust("pg_advisory_xact_lock").arg(POSTGRES_LOCK))
    } else {
        let database = Func::cust("SHA1").arg(Func::cust("DATABASE"));
        let name = Func::cust("CONCAT").arg(MYSQL_LOCK).arg(database);
        let patience = MYSQL_PATIENCE.as_secs();
        asked(Func::cust("GET_LOCK").arg(name).arg(patience))
    };
    let row = turn.query_one(&question).await?;
    if backend == DbBackend::Postgres {
        return Ok(());
    }
    let locked: Option<i64> = row.and_then(|row| row.try_get("", LOCKED).ok());
    match locked {
        Some(1) => Ok(()),
        Some(_) => Err(DbErr::Custom(
            "another program is bringing the schema up to date, or restores a backup".to_owned(),
        )
        .into()),
        None => Err(DbErr::Custom(
            "the server gives nobody the turn to change the schema (GET_LOCK)".to_owned(),
        )
        .into()),
    }
}

/// Keeps the turn: the server ends it when it hears nothing (`server::set_up_migration`). Returns if it is lost.
async fn keep(turn: &DatabaseTransaction) -> DbErr {
    loop {
        tokio::time::sleep(SIGN_OF_LIFE).await;
        if let Err(lost) = turn.execute_unprepared("SELECT 1").await {
            return lost;
        }
    }
}

fn asked(function: FunctionCall) -> SelectStatement {
    Query::select().expr_as(function, LOCKED).take()
}

fn to_error(error: DbErr) -> StorageError {
    match error {
        // The migrator's error for a migration that it does not know.
        DbErr::Custom(_) => StorageError::OtherSchema(NEWER),
        error => error.into(),
    }
}

/// True if the database has a table of that name.
pub(super) async fn has_table(
    connection: impl IntoSchemaManagerConnection<'_>,
    table: &str,
) -> Result<bool, StorageError> {
    Ok(SchemaManager::new(connection).has_table(table).await?)
}
