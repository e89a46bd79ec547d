//! Records that wait in memory until they are written down.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Records that wait in memory, and the number of those that were lost; clones share both.
#[derive(Debug)]
pub(in crate::app) struct WaitingRecords<T>(Arc<(Mutex<T>, AtomicU64)>);

impl<T> WaitingRecords<T> {
    /// The records, which nobody else sees meanwhile.
    pub(in crate::app) fn lock(&self) -> MutexGuard<'_, T> {
        // The lock is held only to change one entry or number after another, so poisoned records are whole but for one.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts `more` records that will not be written down, because too many came at once or the database refuses what is in them.
    pub(in crate::app) fn lose(&self, more: u64) {
        self.0.1.fetch_add(more, Ordering::Relaxed);
    }

    /// The number of all records that were lost.
    pub(in crate::app) fn lost(&self) -> u64 {
        self.0.1.load(Ordering::Relaxed)
    }
}

impl<T: Default> WaitingRecords<T> {
    /// Takes all records out.
    pub(in crate::app) fn take(&self) -> T {
        std::mem::take(&mut *self.lock())
    }
}

impl<T: Default> Default for WaitingRecords<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for WaitingRecords<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
