//! Sources of answers: the database, or a change under way.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

use crate::storage::bounded::Bounded;
use crate::storage::connect::Db;

/// The most values of a list that one statement binds; every database takes some more.
pub(super) const AT_A_TIME: usize = 5000;

/// The database as it is, or as it will be after a change that is under way.
pub trait Source: Sync {
    /// The type of the connection that statements are sent to.
    #[doc(hidden)]
    type Connection: ConnectionTrait;

    /// The connection, for storage's own functions.
    #[doc(hidden)]
    fn connection(&self) -> &Self::Connection;
}

impl Source for Db {
    type Connection = Bounded<DatabaseConnection>;

    fn connection(&self) -> &Self::Connection {
        &self.connection
    }
}

impl Source for Bounded<DatabaseTransaction> {
    type Connection = Self;

    fn connection(&self) -> &Self::Connection {
        self
    }
}
