//! The pools of connections, by their purpose.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::DatabaseConnection;
use tokio::sync::Semaphore;

use crate::storage::changes::login_turns::LoginTurns;
use crate::storage::changes::trouble::Trouble;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::file::DatabaseFile;
use crate::storage::directory::copies::Copies;

/// The pools of connections, and what all handles know of the database.
#[derive(Debug, Clone)]
pub struct Pools {
    /// The connections for questions: those of the token endpoint.
    pub(in crate::storage) connection: Bounded<DatabaseConnection>,
    /// The connections for the admin API's questions, which so take none from the token endpoint.
    pub(super) admin: Bounded<DatabaseConnection>,
    /// The turns of lists, which may take long: they never have all connections of the admin API, nor all cores.
    pub(in crate::storage) lists: Arc<Semaphore>,
    /// The longest statement of a list; none for commands, which may read everything.
    pub(in crate::storage) longest_list: Option<Duration>,
    /// The one connection for changes, which follow one another anyway. Changes that wait for their turn
    /// so take no connection from the questions.
    pub(in crate::storage) changes: Bounded<DatabaseConnection>,
    /// The connections for what logins write. On a server changes never take one from them, however many wait for their turn; SQLite
    /// has one writer at a time, and there this is the connection for changes.
    pub(in crate::storage) logins: Bounded<DatabaseConnection>,
    /// The turns of each user's logins.
    pub(in crate::storage) login_turns: LoginTurns,
    /// The connections for following the changes, which wait for nobody else's questions. One is enough while it answers.
    pub(in crate::storage) follower: Bounded<DatabaseConnection>,
    /// The copies that are kept in this process, if any are.
    pub(in crate::storage) copies: Arc<OnceLock<Arc<Copies>>>,
    /// The file, if it is SQLite's.
    pub(in crate::storage) file: Option<DatabaseFile>,
    /// The failure of changes.
    pub(in crate::storage) trouble: Trouble,
    /// The longest that whoever asks for copies waits.
    pub(in crate::storage) patience: Duration,
}

/// The purpose for which the database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Opener {
    /// To bring it up to date, and to make it if it is missing.
    Migration,
    /// To serve, after it was brought up to date.
    Service,
    /// To run a command, for which a missing database is an error.
    Command,
}

impl Pools {
    /// The file, or the host and port, for messages.
    pub fn place(&self) -> String {
        let server = || self.connection.place().to_owned();
        self.file.as_ref().map_or_else(server, DatabaseFile::place)
    }
}
