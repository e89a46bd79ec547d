//! Trouble with changes: since when none can be made, and why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sea_orm::DbErr;

use crate::storage::error::words;

/// The failure of changes since the last that was committed; clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::storage) struct Trouble {
    failing: Arc<Mutex<Option<Failing>>>,
    /// True where a commit does not prove that changes can be made.
    outlives_commits: bool,
}

/// A failure that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The time of the first failure.
    pub since: Instant,
    /// The words of the database about the last one.
    pub why: String,
}

impl Trouble {
    /// Notes that a change failed, unless the database only refused what it asked for.
    pub(in crate::storage) fn note(&self, error: &DbErr) {
        if error.sql_err().is_some() {
            return;
        }
        let (why, mut slot) = (words(error), self.slot());
        let since = slot
            .as_ref()
            .map_or_else(Instant::now, |failing| failing.since);
        *slot = Some(Failing { since, why });
    }

    /// The same for logins that wait for no change: one that fails tells as much as a change does, but others are committed
    /// while no change can be made.
    pub(in crate::storage) fn of_logins(&self) -> Self {
        Self {
            failing: Arc::clone(&self.failing),
            outlives_commits: true,
        }
    }

    /// Notes a commit.
    pub(in crate::storage) fn end(&self) {
        if !self.outlives_commits {
            *self.slot() = None;
        }
    }

    /// The failure, if it goes on.
    pub(super) fn failing(&self) -> Option<Failing> {
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Failing>> {
        // The lock is held only to read or write the slot, so a poisoned one is whole.
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
