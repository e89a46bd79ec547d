//! Connections to a server that a pool keeps. Any of them may have died without a word: networks forget connections, and tell
//! nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{Connection, Error};
use tokio::time::timeout;

/// The part of the wait for a connection that one which was kept has to say that it is still there: beside it is time for a new one.
const PART: u32 = 4;

/// Asks connections for a sign of life when they are given back and before they are used again; clones, one for each pool of a
/// database, know the same.
#[derive(Debug, Clone)]
pub(super) struct KeptConnections {
    /// The time that one has to answer.
    patience: Duration,
    /// The last time that one did not which was to be used again. Those that were kept at that time are closed without being asked: each
    /// would take as long.
    silent: Arc<Mutex<Option<Instant>>>,
}

impl KeptConnections {
    /// Connections of pools in which `connect` is the longest wait for one.
    pub(super) fn new(connect: Duration) -> Self {
        Self {
            patience: connect / PART,
            silent: Arc::default(),
        }
    }

    /// Fails if a connection does not answer.
    pub(super) async fn ask<C: Connection>(&self, connection: &mut C) -> Result<(), Error> {
        let answered = timeout(self.patience, connection.ping()).await;
        answered.unwrap_or(Err(Error::PoolTimedOut))
    }

    /// True if a connection that nobody has used for as long as `idle` may be used again; otherwise it is to be closed.
    pub(super) async fn is_good<C: Connection>(&self, connection: &mut C, idle: Duration) -> bool {
        if self.silent().is_some_and(|silent| silent.elapsed() < idle) {
            return false;
        }
        let answered = self.ask(connection).await;
        if let Err(Error::PoolTimedOut) = answered {
            *self.silent() = Some(Instant::now());
        }
        answered.is_ok()
    }

    fn silent(&self) -> MutexGuard<'_, Option<Instant>> {
        // The lock is held only to read or write the time, so a poisoned one is whole.
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
