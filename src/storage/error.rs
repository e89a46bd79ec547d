//! Errors of storage.

use sea_orm::{DbErr, SqlErr};

/// A question to storage, or a change, that failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The address in the configuration cannot be used at all.
    #[error("`database.url` cannot be used: {0}")]
    Address(String),
    /// The database has no schema yet; only `serve` and `migrate` make one.
    #[error("the database has no schema yet; start the server or run `wharfinger migrate` first")]
    NoSchema,
    /// Another version made the schema; the text says if it is older or newer, and what to do.
    #[error("the database's schema is {0}")]
    OtherSchema(&'static str),
    /// A name that must be unique is taken.
    #[error("a name is taken")]
    Taken(#[source] DbErr),
    /// A row that this version cannot read.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// The kind of row.
        what: &'static str,
        /// The fault in it.
        why: String,
    },
    /// The database did not do it: it cannot be reached, is busy, or failed.
    #[error("the database did not answer as expected")]
    Database(#[source] DbErr),
}

impl From<DbErr> for StorageError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Taken(error),
            _ => Self::Database(error),
        }
    }
}

impl StorageError {
    /// True if the same may succeed a few seconds later; an unreadable row or another schema does not
    /// heal by itself.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Address(_) | Self::NoSchema | Self::OtherSchema(_) | Self::Unreadable { .. } => {
                false
            }
            Self::Taken(_) | Self::Database(_) => true,
        }
    }

    /// A row of kind `what` that cannot be read.
    pub(super) fn unreadable(what: &'static str, why: &impl ToString) -> Self {
        Self::Unreadable {
            what,
            why: why.to_string(),
        }
    }
}
