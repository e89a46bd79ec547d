//! Records that were not written down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of records that were not written down, because too many came at once or the database refuses
/// what is in them; clones count together.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct LostRecords(Arc<AtomicU64>);

impl LostRecords {
    /// Counts `more` lost records.
    pub(in crate::app) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// The number of all.
    pub(in crate::app) fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
