//! Opens the database.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use secrecy::{ExposeSecret, SecretString};

use crate::storage::error::StorageError;
use crate::storage::schema;

/// The time that a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that SQLite waits for another writer, in milliseconds.
const BUSY_TIMEOUT: &str = "5000";

/// The open database.
#[derive(Debug, Clone)]
pub struct Db {
    /// The connections for questions.
    pub(super) connection: DatabaseConnection,
    /// The one connection for changes, which follow one another anyway. Changes that wait for their turn
    /// so take no connection from the questions.
    pub(super) changes: DatabaseConnection,
}

/// The purpose for which the database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opener {
    /// To bring it up to date, and to make it if it is missing.
    Migration,
    /// To serve, after it was brought up to date.
    Service,
    /// To run a command, for which a missing database is an error.
    Command,
}

impl Db {
    /// Opens the database, makes it if it is missing, and brings its schema up to date.
    pub async fn open_and_migrate(
        url: &SecretString,
        connections: u32,
    ) -> Result<Self, StorageError> {
        let preparing = Self::connect(url, 2, Opener::Migration).await?;
        schema::bring_up_to_date(&preparing.connection).await?;
        preparing.close().await?;
        Self::connect(url, connections, Opener::Service).await
    }

    /// Opens a database that has the schema of this version.
    pub async fn open(url: &SecretString, connections: u32) -> Result<Self, StorageError> {
        let db = Self::connect(url, connections, Opener::Command).await?;
        schema::check(&db.connection).await?;
        Ok(db)
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), StorageError> {
        Ok(self.connection.ping().await?)
    }

    /// Closes all connections; on SQLite this folds the log into the database's file.
    pub async fn close(self) -> Result<(), StorageError> {
        self.changes.close().await?;
        Ok(self.connection.close().await?)
    }

    async fn connect(
        url: &SecretString,
        connections: u32,
        opener: Opener,
    ) -> Result<Self, StorageError> {
        let url = url.expose_secret();
        let file = sqlite_file(url);
        if let Some(file) = file {
            prepare_file(Path::new(file), opener)?;
        }
        let connect = async |options| {
            Database::connect(options)
                .await
                .map_err(|error| without_address(error, url))
        };
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections)
            .connect_timeout(CONNECT_TIMEOUT)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|options| {
                options
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "NORMAL")
                    .pragma("busy_timeout", BUSY_TIMEOUT)
                    .foreign_keys(true)
            });
        let mut for_changes = options.clone();
        for_changes.max_connections(1);
        // On SQLite the service opens all connections at the start and keeps them: a connection is two
        // files, and a process that has run out of file descriptors could not open one later.
        if file.is_some() && opener == Opener::Service {
            for_changes.min_connections(1);
            options.min_connections(connections);
            for options in [&mut options, &mut for_changes] {
                options.idle_timeout(None).max_lifetime(None);
            }
        } else {
            for_changes.connect_lazy(true);
        }
        Ok(Self {
            connection: connect(options).await?,
            changes: connect(for_changes).await?,
        })
    }
}

/// The error without the database's address, which may hold a password.
fn without_address(error: DbErr, url: &str) -> StorageError {
    if !error.to_string().contains(url) {
        return error.into();
    }
    let why = "it is no address; in its user name and password, write what is no letter or digit as \
               % and two hexadecimal digits, such as %23 for #";
    StorageError::Address(why.to_owned())
}

/// The file that a SQLite address names, if it is one.
fn sqlite_file(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))?;
    Some(rest.split_once('?').map_or(rest, |(file, _)| file))
}

/// Makes the folder of a new database for a migration; for all others, a missing database is an error,
/// because `mode=rwc` in the address would let any command make an empty one.
fn prepare_file(file: &Path, opener: Opener) -> Result<(), StorageError> {
    if file.as_os_str() == ":memory:" {
        let why = "a database in memory is gone with its last connection; name a file";
        return Err(StorageError::Address(why.to_owned()));
    }
    match opener {
        Opener::Command if !file.exists() => Err(StorageError::NoSchema),
        Opener::Command => Ok(()),
        Opener::Migration | Opener::Service => match file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            None => Ok(()),
            Some(folder) => make_folder(folder),
        },
    }
}

/// Makes the folder of a database if it is missing. Only its owner may read it, because it holds
/// everybody's names and the digests of their secrets.
fn make_folder(folder: &Path) -> Result<(), StorageError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        StorageError::Address(format!(
            "the folder {} cannot be made: {error}",
            folder.display()
        ))
    })
}
