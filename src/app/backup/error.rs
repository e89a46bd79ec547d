//! Errors of backups.

use std::path::{Path, PathBuf};

use crate::domain::backup::line::FORMAT;
use crate::signing::KeyError;
use crate::storage::{RestorationError, StorageError};

/// A backup that was not written, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read.
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file cannot be written.
    #[error("the backup cannot be written")]
    Unwritable(#[source] std::io::Error),
    /// The file is something else.
    #[error("{} is no backup that `wharfinger backup` made", .0.display())]
    NoBackup(PathBuf),
    /// The file is a SQLite database.
    #[error(
        "{} is a SQLite database and no backup: to use it as it is, stop the service, move the database's file away with \
         the files beside it (-wal, -shm), and bring this one to its place",
        .0.display()
    )]
    DatabaseFile(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{} has the format {format} of a newer program, and this one reads formats up to {FORMAT}: restore it with the \
         version that made it, or a later one",
        path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        format: u64,
    },
    /// A newer program made the schema of what it holds.
    #[error(
        "{} has the schema of a newer program ({schema}): restore it with version {program}, which made it, or a later one",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The last migration.
        schema: String,
        /// The version of the program that made the backup.
        program: String,
    },
    /// Something in the file is missing or altered.
    #[error("{} is damaged or cut off ({why}); nothing was changed. Take another copy of the backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault and its place.
        why: String,
    },
    /// The file is encrypted, and no passphrase is given.
    #[error("{} is encrypted and needs its passphrase", .0.display())]
    Encrypted(PathBuf),
    /// The passphrase is another one.
    #[error("the passphrase is not the one of {}; nothing was changed", .0.display())]
    WrongPassphrase(PathBuf),
    /// The file would take more memory and time to decrypt than is sensible.
    #[error("{} wants more work for its passphrase than `wharfinger backup` ever does; decrypt it with age", .0.display())]
    TooMuchWork(PathBuf),
    /// The backup cannot be restored there.
    #[error("{} is not restored", path.display())]
    NotRestored {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        why: RestorationError,
    },
    /// The database does not take some rows of it.
    #[error("the database does not take what is in the lines {first} to {last} of {}; nothing was changed", path.display())]
    RowsRefused {
        /// The file.
        path: PathBuf,
        /// The first line of those that were written together.
        first: u64,
        /// The last of them.
        last: u64,
        /// The reason.
        #[source]
        why: StorageError,
    },
    /// The database failed in the middle.
    #[error(
        "the restoration did not come to its end, and nothing was changed; run the same again when the database works"
    )]
    Interrupted(#[source] StorageError),
    /// The rows and keys are there, and the schema is that of the backup, or searches lack their index.
    #[error(
        "everything was restored, but the schema is not up to date yet; start the service, or run `wharfinger migrate`, \
         when the database works"
    )]
    SchemaLeft(#[source] StorageError),
    /// A row is stored that no restoration takes.
    #[error(
        "the row {key} of the table {table} has a number, a time or a text beyond all bounds, which no backup can have; correct it"
    )]
    OutOfBounds {
        /// The table.
        table: String,
        /// The key of the row.
        key: i64,
    },
    /// The key files cannot be read or written.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Storage did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl BackupError {
    /// Something in the file at `path` is missing or altered.
    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}
