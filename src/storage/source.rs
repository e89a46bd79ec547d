//! Sources of answers: the database, or a change under way.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::storage::bounded::Bounded;
use crate::storage::connect::Db;
use crate::storage::error::StorageError;

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

    /// A turn for reading a list. Few are read at a time, so that nobody's lists take all connections and cores.
    #[doc(hidden)]
    fn turn(&self) -> impl Future<Output = Result<Turn, StorageError>> + Send {
        std::future::ready(Ok(Turn(None)))
    }
}

/// A turn, which ends when it is dropped.
#[derive(Debug)]
#[must_use = "a turn ends when it is dropped"]
pub struct Turn(#[expect(dead_code, reason = "held, and never read")] Option<OwnedSemaphorePermit>);

/// The time that a list waits for its turn before its reader is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);

impl Source for Db {
    type Connection = Bounded<DatabaseConnection>;

    fn connection(&self) -> &Self::Connection {
        &self.connection
    }

    async fn turn(&self) -> Result<Turn, StorageError> {
        let turn = Arc::clone(&self.lists).acquire_owned();
        match timeout(PATIENCE, turn).await {
            Ok(Ok(turn)) => Ok(Turn(Some(turn))),
            Ok(Err(_)) | Err(_) => Err(StorageError::Busy),
        }
    }
}

impl Source for Bounded<DatabaseTransaction> {
    type Connection = Self;

    fn connection(&self) -> &Self::Connection {
        self
    }
}
