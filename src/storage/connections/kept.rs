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

/// The shortest time between two doubts that count: while no other server takes its place, who asks often does not have all connections made
/// anew each time.
const DOUBTS: Duration = Duration::from_millis(500);

/// Asks connections for a sign of life when they are given back and before they are used again, and puts new ones in the place of those that
/// give none, or that lead to the wrong server; clones, one for each pool of a database, know the same.
///
/// A pool must not close a dead connection itself: with TLS, it would wait for a word of the server, for as long as the system
/// tries to send. Who drops a connection waits for nothing.
#[derive(Debug, Clone)]
pub(super) struct KeptConnections(Arc<Noted>);

/// The notes about them.
#[derive(Debug)]
struct Noted {
    /// The time that one has to answer.
    patience: Duration,
    /// The last time at which one was asked that the network had forgotten. Those that were kept at that time are replaced without being
    /// asked: each would take as long.
    forgotten: Mutex<Option<Instant>>,
    doubts: Mutex<Doubts>,
}

/// Doubts whether connections lead to the server that they should.
#[derive(Debug, Default)]
struct Doubts {
    /// The last time at which one led to a standby, or to a server that takes no changes.
    last: Option<Instant>,
    /// The time of the one that counts: connections that were made before it are not used again.
    counted: Option<Instant>,
}

impl Doubts {
    /// True if a connection that is so old is not to be used at `now`. A doubt that comes too soon after another one counts later.
    fn concern(&mut self, age: Duration, now: Instant) -> bool {
        let since = |at: Instant| now.saturating_duration_since(at);
        if self.counted.is_none_or(|at| since(at) >= DOUBTS) {
            self.counted = self.last;
        }
        self.counted.is_some_and(|at| since(at) < age)
    }
}

impl KeptConnections {
    /// Connections of pools in which `connect` is the longest wait for one.
    pub(super) fn new(connect: Duration) -> Self {
        Self(Arc::new(Noted {
            patience: connect / PART,
            forgotten: Mutex::default(),
            doubts: Mutex::default(),
        }))
    }

    /// Notes that a connection leads to a standby, or to a server that takes no changes. The address may lead to another one by now, and
    /// then new connections do: those that are there are replaced when they would be used again.
    pub(in crate::storage) fn doubt(&self) {
        locked(&self.0.doubts).last = Some(Instant::now());
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
        let is_forgotten =
            locked(&self.0.forgotten).is_some_and(|at| begin.saturating_duration_since(at) < idle);
        if is_forgotten {
            *connection = make.await?;
            return Ok(true);
        }
        let Some(silent) = self.failure(connection).await else {
            return Ok(!locked(&self.0.doubts).concern(age, begin));
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

fn locked<T>(times: &Mutex<T>) -> MutexGuard<'_, T> {
    // The lock is held only to read or write times, so a poisoned one is whole.
    times.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_that_comes_too_soon_counts_later() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut doubts = Doubts::default();
        let made_at = |doubts: &mut Doubts, made: u64, now: u64| {
            doubts.concern(Duration::from_millis(now - made), at(now))
        };
        assert!(!made_at(&mut doubts, 0, 1000), "nobody doubts");
        doubts.last = Some(at(1000));
        assert!(made_at(&mut doubts, 0, 1100));
        assert!(!made_at(&mut doubts, 1050, 1100), "it is newer");
        doubts.last = Some(at(1200));
        assert!(!made_at(&mut doubts, 1100, 1300), "not yet");
        assert!(made_at(&mut doubts, 1100, 1500));
        assert!(
            made_at(&mut doubts, 1100, 60_000),
            "also if nobody doubts any more"
        );
        assert!(!made_at(&mut doubts, 1300, 60_000));
    }
}
