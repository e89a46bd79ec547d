//! Connections to a server that a pool keeps. Any of them may have died without a word: networks forget connections, and tell
//! nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{Connection, Error};
use tokio::time::{sleep, timeout};

/// The part of the wait for a connection that one which was kept has to say that it is still there: beside it is time for a new one.
const PART: u32 = 4;
/// The pause before a server that takes no connection is asked for one again.
const PAUSE: Duration = Duration::from_secs(1);

/// The shortest time between two doubts: while no other server takes its place, who asks often does not have all connections made anew
/// each time.
const DOUBTS: Duration = Duration::from_millis(500);

/// Asks connections for a sign of life when they are given back and before they are used again, and puts new ones in the place of those that
/// give none; clones, one for each pool of a database, know the same.
///
/// A pool must not close a dead connection itself: with TLS, it would wait for a word of the server, for as long as the system
/// tries to send. Who drops a connection waits for nothing.
#[derive(Debug, Clone)]
pub(super) struct KeptConnections(Arc<Known>);

/// What is known of them.
#[derive(Debug)]
struct Known {
    /// The time that one has to answer.
    patience: Duration,
    /// The last time at which one was asked that the network had forgotten. Those that were kept at that time are replaced without being
    /// asked: each would take as long.
    forgotten: Mutex<Option<Instant>>,
    /// The last time at which one led to a server that takes no changes.
    doubted: Mutex<Option<Instant>>,
}

impl KeptConnections {
    /// Connections of pools in which `connect` is the longest wait for one.
    pub(super) fn new(connect: Duration) -> Self {
        Self(Arc::new(Known {
            patience: connect / PART,
            forgotten: Mutex::default(),
            doubted: Mutex::default(),
        }))
    }

    /// Notes that a connection leads to a standby, or to a server that takes no changes. The address may lead to another one by now, and
    /// then new connections do: none that is there is used again.
    pub(super) fn doubt(&self) {
        let mut doubted = locked(&self.0.doubted);
        if doubted.is_none_or(|at| at.elapsed() >= DOUBTS) {
            *doubted = Some(Instant::now());
        }
    }

    /// Makes sure that a connection of that `age` may be used again which nobody has used for as long as `idle`: puts one that is made
    /// by `make` in its place, unless it answers. False if it answers, and is to be closed all the same.
    pub(super) async fn use_again<C: Connection>(
        &self,
        connection: &mut C,
        (age, idle): (Duration, Duration),
        make: impl Future<Output = Result<C, Error>>,
    ) -> Result<bool, Error> {
        let begin = Instant::now();
        let is_since = |time: &Mutex<Option<Instant>>, past| {
            locked(time).is_some_and(|at| begin.saturating_duration_since(at) < past)
        };
        if is_since(&self.0.forgotten, idle) {
            *connection = make.await?;
            return Ok(true);
        }
        let Some(silent) = self.failure(connection).await else {
            return Ok(!is_since(&self.0.doubted, age));
        };
        let (asked, begin) = (begin, Instant::now());
        *connection = make.await?;
        // A server that is slow for new connections too has forgotten none.
        if silent && begin.elapsed() < self.0.patience {
            let mut forgotten = locked(&self.0.forgotten);
            *forgotten = (*forgotten).max(Some(asked));
        }
        Ok(true)
    }

    /// Makes sure that a connection which is given back answers: puts one that is made by `make` in its place otherwise, as soon
    /// as the server takes one. Meanwhile the pool has one place less. Fails if the server has no room for another one.
    pub(super) async fn give_back<C: Connection, M>(
        &self,
        connection: &mut C,
        make: impl Fn() -> M,
    ) -> Result<(), Error>
    where
        M: Future<Output = Result<C, Error>>,
    {
        if self.failure(connection).await.is_none() {
            return Ok(());
        }
        loop {
            match timeout(PART * self.0.patience, make()).await {
                Ok(Ok(new)) => {
                    *connection = new;
                    return Ok(());
                }
                // Its room is perhaps what this one takes: the pool closes it.
                Ok(Err(refused @ Error::Database(_))) => return Err(refused),
                Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// The failure of a connection to give a sign of life, and if it was silent; none if it gave one.
    async fn failure<C: Connection>(&self, connection: &mut C) -> Option<bool> {
        match timeout(self.0.patience, connection.ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(false),
            Err(_) => Some(true),
        }
    }
}

fn locked(time: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    // The lock is held only to read or write the time, so a poisoned one is whole.
    time.lock().unwrap_or_else(PoisonError::into_inner)
}
