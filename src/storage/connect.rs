//! Opens the database.

use std::path::Path;
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

use crate::storage::bounded::Bounded;
use crate::storage::error::StorageError;
use crate::storage::sqlite::Durability;
use crate::storage::{schema, server, sqlite};

/// The time that a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that a service waits at its start for a database that is just starting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_millis(250);
/// The longest that a service waits for a server, from asking for a connection to the answer.
const LONGEST: Duration = Duration::from_secs(2);
/// The same on SQLite, which waits by itself for other programs that write.
const LONGEST_ON_SQLITE: Duration = Duration::from_secs(12);
/// The same for a command, which keeps nobody waiting.
const LONGEST_COMMAND: Duration = Duration::from_mins(1);

/// The open database.
#[derive(Debug, Clone)]
pub struct Db {
    /// The connections for questions.
    pub(super) connection: Bounded<DatabaseConnection>,
    /// The one connection for changes, which follow one another anyway. Changes that wait for their turn
    /// so take no connection from the questions.
    pub(super) changes: Bounded<DatabaseConnection>,
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
        let preparing = Box::pin(Self::connect(url, 2, Opener::Migration)).await?;
        schema::bring_up_to_date(&preparing.connection.inner).await?;
        preparing.close().await?;
        Box::pin(Self::connect(url, connections, Opener::Service)).await
    }

    /// Opens a database that has the schema of this version.
    pub async fn open(url: &SecretString, connections: u32) -> Result<Self, StorageError> {
        let db = Box::pin(Self::connect(url, connections, Opener::Command)).await?;
        schema::check(&db.connection.inner).await?;
        Ok(db)
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), StorageError> {
        Ok(self.connection.ping().await?)
    }

    /// Closes all connections; on SQLite this folds the log into the database's file.
    pub async fn close(self) -> Result<(), StorageError> {
        self.changes.inner.close().await?;
        Ok(self.connection.inner.close().await?)
    }

    async fn connect(
        url: &SecretString,
        connections: u32,
        opener: Opener,
    ) -> Result<Self, StorageError> {
        let url = url.expose_secret();
        let file = sqlite::file(url);
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
            .sqlx_logging(false);
        let mut for_changes = options.clone();
        for_changes.max_connections(1);
        sqlite::set_up(&mut options, Durability::Soon);
        sqlite::set_up(&mut for_changes, Durability::Committed);
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
        if file.is_none() {
            options.connect_lazy(true);
        }
        let limit = match (file, opener) {
            (_, Opener::Migration | Opener::Command) => LONGEST_COMMAND,
            (Some(_), Opener::Service) => LONGEST_ON_SQLITE,
            (None, Opener::Service) => {
                server::set_up(&mut options);
                server::set_up(&mut for_changes);
                LONGEST
            }
        };
        let db = Self {
            connection: Bounded::new(connect(options).await?, limit),
            changes: Bounded::new(connect(for_changes).await?, limit),
        };
        db.greet(opener).await?;
        Ok(db)
    }

    /// Makes sure that the database is there. A service waits a little for one that is just starting.
    async fn greet(&self, opener: Opener) -> Result<(), StorageError> {
        let begin = Instant::now();
        loop {
            match self.connection.ping().await {
                Err(DbErr::Conn(RuntimeErr::Internal(_)))
                    if opener != Opener::Command && begin.elapsed() < CONNECT_TIMEOUT =>
                {
                    tokio::time::sleep(RETRY).await;
                }
                answer => return Ok(answer?),
            }
        }
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
        Opener::Migration | Opener::Service => sqlite::make_folder_of(file),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};
    use tempfile::TempDir;

    use super::*;

    async fn synchronous(connection: &impl ConnectionTrait) -> i32 {
        let backend = connection.get_database_backend();
        let asked = Statement::from_string(backend, "PRAGMA synchronous");
        let row = connection.query_one_raw(asked).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn a_change_is_on_the_disk_when_it_is_acknowledged() {
        const NORMAL: i32 = 1;
        const FULL: i32 = 2;
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let url = SecretString::from(url);
        let service = Db::open_and_migrate(&url, 2).await.unwrap();
        let command = Db::open(&url, 2).await.unwrap();
        for db in [service, command] {
            assert_eq!(synchronous(&db.changes).await, FULL);
            // Uses of tokens are written here.
            assert_eq!(synchronous(&db.connection).await, NORMAL);
        }
    }
}
