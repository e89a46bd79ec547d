//! Asking storage for what has no copy.

use std::time::Duration;

use tokio::time::timeout;

use crate::storage::changes::counter::Numbered;
use crate::storage::connections::db::Db;
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::follower::Finder;
use crate::storage::directory::look::{Look, Trust};
use crate::storage::error::StorageError;

/// The times that storage is asked for the same while it answers from a state that is older than the copies.
const MOST_ASKED: usize = 3;

/// The time, beside the patience with storage, after which a question is given up in any case. A server's own limits are within the
/// patience, and say better what is wrong; SQLite waits by itself for longer.
const MARGIN: Duration = Duration::from_millis(100);

impl<'a> Look<'a> {
    /// The answer of storage to a question. One from a state that is older than the copies is not taken: storage is asked again, and if it
    /// stays so, because some of its servers lag behind, nobody knows what is right. If the first is a standby's, it is asked once more.
    pub(super) async fn ask<T, A>(&self, question: impl Fn(&'a Db) -> A) -> Result<T, StorageError>
    where
        A: Future<Output = Result<Numbered<T>, StorageError>>,
    {
        for attempt in 0..MOST_ASKED {
            let storage = self.reachable()?;
            let follower = match &self.trust {
                Trust::Current(copies, follower) => Some((copies, follower, follower.reached())),
                Trust::Stale(..) | Trust::Away(_) | Trust::Nothing => None,
            };
            let (found, number) = match self.in_time(question(storage)).await {
                // The next connection may lead to the server that takes over.
                Err(error) if error.is_of_standby() && attempt == 0 => continue,
                answer => answer?,
            };
            let Some((copies, follower, before)) = follower else {
                self.moment.note(number);
                return Ok(found);
            };
            let accepted = follower.accepts((self.db, copies), (before, number));
            if accepted.await? {
                return Ok(found);
            }
        }
        if let Some(copies) = self.copies() {
            copies.forget_everything();
        }
        Err(StorageError::Outdated)
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let patience = self.db.patience;
        match timeout(patience + MARGIN, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(StorageError::silent(&self.db.place(), patience)),
        }
    }

    /// The database, for a load. Whoever waited for the load of somebody else, and it failed, does not try too.
    fn reachable(&self) -> Result<&'a Db, StorageError> {
        if let Trust::Current(_, follower) = &self.trust
            && let Some(away) = follower.away(BootTime::now())
        {
            return Err(away.error());
        }
        self.storage()
    }

    /// Makes sure that the copies are no older than what was loaded, which knows of the change with that number.
    pub(super) async fn reach(&self, number: i64) -> Result<(), StorageError> {
        match &self.trust {
            Trust::Current(copies, follower) => follower.reach(self.db, copies, number).await,
            Trust::Nothing => {
                self.moment.note(number);
                Ok(())
            }
            Trust::Stale(..) | Trust::Away(_) => Ok(()),
        }
    }

    /// Passes on what was loaded. Those who wait for the same learn from a failure that storage is away.
    pub(super) fn loaded<T>(&self, loaded: Result<T, StorageError>) -> Result<T, StorageError> {
        loaded.map_err(|error| {
            let error = error.at(&self.db.place());
            if error.is_unreachable()
                && let Trust::Current(_, follower) = &self.trust
            {
                follower.note(&error, Finder::Load);
            }
            error
        })
    }
}
