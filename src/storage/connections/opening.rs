//! Opens the pools of connections.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use tokio::sync::Semaphore;

use crate::storage::changes::login_turns::LoginTurns;
use crate::storage::changes::trouble::Trouble;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::file::DatabaseFile;
use crate::storage::connections::kept::KeptConnections;
use crate::storage::connections::link_files;
use crate::storage::connections::pools::{Opener, Pools};
use crate::storage::connections::server;
use crate::storage::connections::sizes::{Connections, PoolSize};
use crate::storage::connections::sqlite;
use crate::storage::connections::sqlite::Durability;
use crate::storage::connections::timeouts::DatabaseTimeouts;
use crate::storage::error::StorageError;

/// The longest statement of a list that a service reads: shorter than the wait for a server, so that it is not taken for a
/// database that is away.
const LONGEST_LIST: Duration = Duration::from_millis(1500);

/// The settings that all pools of a database have.
pub(super) struct Opening<'a> {
    url: &'a str,
    file: Option<DatabaseFile>,
    opener: Opener,
    /// True if the file may be made.
    may_create: bool,
    connections: Connections,
    timeouts: DatabaseTimeouts,
    kept: KeptConnections,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        url: &'a str,
        connections: Connections,
        opener: Opener,
    ) -> Result<Self, StorageError> {
        let file = DatabaseFile::of(url)?;
        let may_create = match (&file, opener) {
            (Some(file), Opener::Migration) => file.make_room()?,
            (Some(file), Opener::Service | Opener::Command) => {
                file.must_be_there()?;
                false
            }
            (None, _) => {
                link_files::check(url)?;
                false
            }
        };
        let timeouts = match (&file, opener) {
            (Some(_), Opener::Service) => DatabaseTimeouts::ON_SQLITE,
            (Some(_), _) => DatabaseTimeouts::ON_SQLITE.of_command(),
            (None, Opener::Service) => connections.timeouts,
            (None, _) => connections.timeouts.of_command(),
        };
        Ok(Self {
            url,
            file,
            opener,
            may_create,
            connections,
            timeouts,
            kept: KeptConnections::new(timeouts.connect),
        })
    }

    /// Opens them; those to a server connect when they are used.
    pub(super) async fn pools(self) -> Result<Pools, StorageError> {
        let sizes = self.connections.sizes(self.file.is_some());
        let (longest, trouble) = (self.longest_list(), Trouble::default());
        let changes = self.pool(sizes.changes, Durability::Committed, None);
        let changes = changes.await?.noting(trouble.clone());
        let logins = match sizes.logins {
            Some(size) => {
                let logins = self.pool(size, Durability::Committed, None);
                logins.await?.noting(trouble.of_logins())
            }
            None => changes.clone(),
        };
        Ok(Pools {
            connection: self.pool(sizes.token, Durability::Soon, None).await?,
            admin: self.pool(sizes.admin, Durability::Soon, longest).await?,
            follower: self.pool(sizes.follower, Durability::Soon, None).await?,
            lists: Arc::new(Semaphore::new(lists(self.connections))),
            longest_list: longest,
            changes,
            logins,
            login_turns: LoginTurns::default(),
            copies: Arc::default(),
            patience: match (&self.file, self.opener) {
                (None, Opener::Service) => self.timeouts.longest(),
                _ => DatabaseTimeouts::default().longest(),
            },
            file: self.file,
            trouble,
        })
    }

    /// The longest statement of a list; none for commands.
    fn longest_list(&self) -> Option<Duration> {
        let longest = match self.file {
            Some(_) => LONGEST_LIST,
            None => LONGEST_LIST.min(self.connections.timeouts.statement * 3 / 4),
        };
        (self.opener == Opener::Service).then_some(longest)
    }

    async fn pool(
        &self,
        PoolSize { most, spare }: PoolSize,
        durability: Durability,
        longest: Option<Duration>,
    ) -> Result<Bounded<DatabaseConnection>, StorageError> {
        let mut options = ConnectOptions::new(self.url);
        // A server's pool waits for nothing but the server: who waits for others does so before (`Bounded`).
        let acquire = match self.file {
            Some(_) => DatabaseTimeouts::ON_SQLITE.acquire,
            None => self.timeouts.connect,
        };
        options
            .max_connections(most + spare)
            .acquire_timeout(acquire)
            .sqlx_logging(false);
        let settings = sqlite::PoolSettings {
            durability,
            may_create: self.may_create,
            longest,
            is_thrifty: self.opener == Opener::Service,
        };
        sqlite::set_up(&mut options, settings);
        match (&self.file, self.opener) {
            // On SQLite the service opens all connections at the start and keeps them: a connection is two
            // files, and a process that has run out of file descriptors could not open one later.
            (Some(_), Opener::Service) => {
                options.min_connections(most);
                options.idle_timeout(None).max_lifetime(None);
            }
            (Some(_), Opener::Migration | Opener::Command) => {
                options.connect_lazy(true);
            }
            (None, opener) => {
                options.connect_lazy(true);
                match opener {
                    Opener::Service => server::set_up(&mut options, &self.kept),
                    Opener::Migration => server::set_up_migration(&mut options, &self.kept),
                    Opener::Command => server::set_up_command(&mut options, &self.kept),
                }
            }
        }
        let connected = Database::connect(options).await;
        let connected = connected.map_err(|error| self.without_address(error))?;
        Ok(Bounded::new(connected, most, (self.timeouts, &self.kept)))
    }

    /// The error without the database's address, which may hold a password.
    fn without_address(&self, error: DbErr) -> StorageError {
        if error.to_string().contains(self.url) {
            let why = match self.file {
                Some(_) => {
                    "it is no address; write a path that does not begin with / directly behind `sqlite:`, without the \
                     two slashes"
                }
                None => {
                    "it is no address; in its user name and password, write what is no letter or digit as % and two \
                     hexadecimal digits, such as %23 for #"
                }
            };
            return StorageError::Address(why.to_owned());
        }
        let error = StorageError::from(error);
        match &self.file {
            Some(file) => file.reason(error),
            None => error,
        }
    }
}

/// The most lists that are read at a time: half of the admin API's connections.
fn lists(connections: Connections) -> usize {
    usize::try_from(connections.admin / 2).unwrap_or(1).max(1)
}
