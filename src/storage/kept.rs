//! Connections to a server that a pool keeps. Any of them may have died without a word: networks forget connections, and tell
//! nobody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::Connection;
use tokio::time::timeout;

/// The part of the wait for a connection that one which was kept has to say that it is still there: beside it is time for a new one.
const PART: u32 = 4;

/// Looks at kept connections before they are used again; clones, one for each pool of a database, know the same.
#[derive(Debug, Clone)]
pub(super) struct KeptConnections {
    /// The time that one has to answer, when it is given back and before it is used again.
    pub(super) patience: Duration,
    /// The last time that one did not. Those that were kept at that time are closed without being asked: each would take as long.
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

    /// True if a connection that nobody has used for as long as `idle` may be used again; otherwise it is to be closed.
    pub(super) async fn is_good<C: Connection>(&self, connection: &mut C, idle: Duration) -> bool {
        if self.were_silent_since(idle) {
            return false;
        }
        let answered = timeout(self.patience, connection.ping()).await;
        if answered.is_err() {
            *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        matches!(answered, Ok(Ok(())))
    }

    fn were_silent_since(&self, idle: Duration) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.is_some_and(|silent| silent.elapsed() < idle)
    }
}
