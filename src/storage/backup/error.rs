//! Errors of restorations.

use crate::storage::error::StorageError;

/// The reason why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestorationError {
    /// There is something in the database already.
    #[error(
        "the database {0} is not empty, and a backup never replaces anything: name another one in `database.url`, which \
         need not exist yet if it is SQLite's. To give up what this one holds, stop the service and move its file away \
         with the files beside it (-wal, -shm), or make the server's database anew"
    )]
    NotEmpty(String),
    /// The empty schema in the database is another one than the backup's.
    #[error(
        "the database {0} has the empty schema of another version than the backup: name one without a schema in \
         `database.url`; this program brings the schema up to date when the rows are there"
    )]
    OtherSchema(String),
    /// The backup lacks a table.
    #[error("it has no table {0}")]
    LacksTable(&'static str),
    /// The backup lacks a column of a table.
    #[error("it has no column {0} in the table {1}")]
    LacksColumn(&'static str, &'static str),
    /// The backup has a table that no backup of its schema has.
    #[error("it has a table {0}, which no backup of its schema has")]
    UnknownTable(String),
    /// The backup has a column that its schema has not, or that has another kind there.
    #[error(
        "it has a column {0} in the table {1}, which its schema has not, or has of another kind"
    )]
    OtherColumn(String, &'static str),
    /// A row refers to another one that the backup lacks.
    #[error(
        "its row {key} of the table {table} names {other} in its column {column}, and there is no such row"
    )]
    LacksRow {
        /// The table.
        table: &'static str,
        /// The key of the row.
        key: i64,
        /// The column with the key of the other one.
        column: &'static str,
        /// The key that is not there.
        other: i64,
    },
    /// The database did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
