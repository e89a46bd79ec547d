//! Where a question may be put: to the database, or inside a change.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

use crate::storage::connect::Db;

/// How many values a statement may bind beside a few: every database takes more.
pub(super) const AT_A_TIME: usize = 5000;

/// The database as it is, or as it will be after a change that is under way.
pub trait Source: Sync {
    /// What storage sends its statements to.
    #[doc(hidden)]
    type Connection: ConnectionTrait;

    /// The connection, for storage's own functions.
    #[doc(hidden)]
    fn connection(&self) -> &Self::Connection;
}

impl Source for Db {
    type Connection = DatabaseConnection;

    fn connection(&self) -> &Self::Connection {
        &self.connection
    }
}

impl Source for DatabaseTransaction {
    type Connection = Self;

    fn connection(&self) -> &Self::Connection {
        self
    }
}
