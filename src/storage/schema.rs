//! The schema: whether it is this program's, and bringing it up to date.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Func, FunctionCall, Query, SelectStatement};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::storage::error::StorageError;

/// What PostgreSQL calls the lock of whoever brings the schema up to date: "whrf" as a number.
const POSTGRES_LOCK: i64 = 0x7768_7266;
/// What MySQL calls it; its locks have names, for all databases of a server together.
const MYSQL_LOCK: &str = "wharfinger_schema";
/// How long one waits on MySQL for another that is at it.
const MYSQL_PATIENCE: Duration = Duration::from_hours(1);

/// The column of what it answers.
const LOCKED: &str = "locked";

const OLDER: &str = "older than this program; run `wharfinger migrate`";
const NEWER: &str = "newer than this program; run the version that made it, or a later one";

/// Brings the schema up to date; `connection` must be good for two at a time.
///
/// Those who start together take turns: whoever comes second finds nothing left to do. The lock is on
/// a connection, in a transaction: so it ends with this program, and a pooler before PostgreSQL
/// passes it on to nobody.
pub(super) async fn bring_up_to_date(connection: &DatabaseConnection) -> Result<(), StorageError> {
    let done = match connection.get_database_backend() {
        // Its schema changes with all else in a transaction, and its write lock is there already.
        DbBackend::Sqlite => in_one_transaction(connection).await,
        backend => {
            let turn = connection.begin().await?;
            lock(&turn, backend).await?;
            let done = Migrator::up(connection, None).await;
            turn.rollback().await?;
            done
        }
    };
    done.map_err(to_error)
}

/// Compares the schema with this program's, and changes nothing.
pub(super) async fn check(connection: &DatabaseConnection) -> Result<(), StorageError> {
    let pending = Migrator::get_pending_migrations_read_only(connection).await;
    match pending.map_err(to_error)? {
        pending if pending.is_empty() => Ok(()),
        pending if pending.len() == Migrator::migrations().len() => Err(StorageError::NoSchema),
        _ => Err(StorageError::OtherSchema(OLDER)),
    }
}

async fn in_one_transaction(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Waits for the lock; on MySQL it ends with the connection, on PostgreSQL with the transaction.
async fn lock(turn: &DatabaseTransaction, backend: DbBackend) -> Result<(), StorageError> {
    let question = match backend {
        DbBackend::Postgres => asked(Func::cust("pg_advisory_xact_lock").arg(POSTGRES_LOCK)),
        _ => asked(
            Func::cust("GET_LOCK")
                .arg(MYSQL_LOCK)
                .arg(MYSQL_PATIENCE.as_secs()),
        ),
    };
    let row = turn.query_one(&question).await?;
    if backend == DbBackend::Postgres {
        return Ok(());
    }
    let locked: Option<i64> = row.and_then(|row| row.try_get("", LOCKED).ok());
    match locked {
        Some(1) => Ok(()),
        _ => Err(StorageError::Database(DbErr::Custom(
            "another program is bringing the schema up to date".to_owned(),
        ))),
    }
}

fn asked(function: FunctionCall) -> SelectStatement {
    Query::select().expr_as(function, LOCKED).take()
}

fn to_error(error: DbErr) -> StorageError {
    match error {
        // What the migrator says of migrations that it does not know.
        DbErr::Custom(_) => StorageError::OtherSchema(NEWER),
        error => StorageError::Database(error),
    }
}
