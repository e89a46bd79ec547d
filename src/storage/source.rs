//! Sources of answers: the database, or a change under way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::storage::connections::bounded::{Bounded, Kept};
use crate::storage::connections::db::Db;
use crate::storage::error::{StorageError, was_interrupted};

/// The most values of a list that one statement binds; every database takes some more.
pub(super) const AT_A_TIME: usize = 5000;

/// The database as it is, or as it will be after a change that is under way.
pub trait Source: Sync {
    /// The type of the connection that statements are sent to.
    #[doc(hidden)]
    type Connection: Kept;

    /// The connection, for storage's own functions.
    #[doc(hidden)]
    fn connection(&self) -> &Self::Connection;

    /// A turn for reading a list. Few are read at a time, so that nobody's lists take all connections and cores.
    #[doc(hidden)]
    fn turn(&self) -> impl Future<Output = Result<Turn, StorageError>> + Send {
        std::future::ready(Ok(Turn {
            _permit: None,
            limit: None,
            end: None,
        }))
    }
}

/// A turn, which ends when it is dropped.
#[derive(Debug)]
#[must_use = "a turn ends when it is dropped"]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
    /// The longest that a statement of the list may take.
    limit: Option<Duration>,
    /// The end of all its statements together, if they have one.
    end: Option<Instant>,
}

impl Turn {
    /// The turn of a list that walks through many parts: all of them together have the time of one statement.
    pub fn of_many_parts(self) -> Self {
        let end = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit));
        Self { end, ..self }
    }

    /// The longest that the next statement may take.
    fn left(&self) -> Option<Duration> {
        let left = self
            .end
            .map(|end| end.saturating_duration_since(Instant::now()));
        self.limit.map(|limit| left.unwrap_or(limit).min(limit))
    }

    /// The answer to a statement of the list, or [`StorageError::TooLong`] if the database works on it for too long.
    pub(super) async fn bound<T>(
        &self,
        source: &impl Source,
        answer: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, StorageError> {
        let Some(limit) = self.left() else {
            return Ok(answer.await?);
        };
        if limit.is_zero() {
            return Err(StorageError::TooLong);
        }
        match timeout(limit, answer).await {
            Ok(Err(error)) if was_interrupted(&error) => Err(StorageError::TooLong),
            Ok(answer) => Ok(answer?),
            // A database that answers others is there, and has too much to do for this list.
            Err(_) => {
                let alive = source.connection().execute_unprepared("SELECT 1");
                match timeout(SIGN_OF_LIFE, alive).await {
                    Ok(Ok(_)) => Err(StorageError::TooLong),
                    Ok(Err(error)) => Err(error.into()),
                    Err(_) => Err(DbErr::Conn(RuntimeErr::Internal(SILENCE.to_owned())).into()),
                }
            }
        }
    }
}

/// The time that a list waits for its turn before its reader is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time for a sign that the database is there, when a list took too long or waited in vain.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);
const SILENCE: &str = "the database does not answer";
/// The wait for a turn after which it is doubtful that the database answers at all.
const DOUBTFUL: Duration = Duration::from_millis(500);

impl Db {
    /// Fails unless the database answers somebody who has waited for `waited`, in the time that is left: the lists before
    /// may have waited in vain, and this one must not begin all over.
    async fn answers_in_time(&self, waited: Duration) -> Result<(), StorageError> {
        if waited < DOUBTFUL {
            return Ok(());
        }
        let left = PATIENCE.saturating_sub(waited).max(SIGN_OF_LIFE);
        match timeout(left, self.connection.ping()).await {
            Ok(answered) => Ok(answered?),
            Err(_) => Err(StorageError::silent(&self.place(), PATIENCE)),
        }
    }
}

impl Source for Db {
    type Connection = Bounded<DatabaseConnection>;

    fn connection(&self) -> &Self::Connection {
        &self.connection
    }

    async fn turn(&self) -> Result<Turn, StorageError> {
        let begin = Instant::now();
        let turn = Arc::clone(&self.lists).acquire_owned();
        match timeout(PATIENCE, turn).await {
            Ok(Ok(permit)) => {
                self.answers_in_time(begin.elapsed()).await?;
                Ok(Turn {
                    _permit: Some(permit),
                    limit: self.longest_list,
                    end: None,
                })
            }
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
