//! The words of a database about a failure, as people read them.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError, SqlxPostgresError};

use crate::storage::error::{pooler, rights};

/// The words of the database about a failure, each once.
pub(in crate::storage) fn words(error: &DbErr) -> String {
    match error {
        DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause) => match cause {
            RuntimeErr::SqlxError(error) => {
                let advice = pooler::advice(error).or_else(|| rights::advice(error));
                match (of_database(error), advice) {
                    (text, Some(advice)) => format!("{text}; {advice}"),
                    (text, None) => text,
                }
            }
            RuntimeErr::Internal(text) => text.clone(),
        },
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            "no answer within the time for a connection".to_owned()
        }
        DbErr::Custom(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The driver's words, without the line of PostgreSQL's own source that it puts behind them.
fn of_database(error: &SqlxError) -> String {
    let of_postgres = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<SqlxPostgresError>());
    match of_postgres {
        Some(of_postgres) => format!("error returned from database: {}", of_postgres.message()),
        None => error.to_string(),
    }
}
