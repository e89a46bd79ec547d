//! Counting grants and refusals, in memory with the request.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::waiting::WaitingRecords;
use crate::domain::clock::Clock;
use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::usage::tally::UsageTally;
use crate::storage::Db;

/// Counts grants and refusals, and writes them down in batches.
///
/// Counting takes next to no time and waits for nothing; its memory is bounded.
#[derive(Clone)]
pub struct UsageCounter {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) waiting: WaitingRecords<UsageTally>,
}

impl UsageCounter {
    /// A counter that writes to `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            waiting: WaitingRecords::default(),
        }
    }

    /// The number of grants and refusals that were not counted, because too many credentials were used at once.
    pub fn lost(&self) -> u64 {
        self.waiting.lost()
    }

    /// Counts a decision that was answered at `now`.
    pub fn count(&self, caller: &Principal, decision: &Decision, now: DateTime<Utc>) {
        if !decision.granted.is_empty() || !decision.denied.is_empty() {
            self.waiting.lock().note(caller, decision, now);
        }
    }

    /// Counts a caller at `now` whose credential opens no registry.
    pub fn count_refused(&self, caller: &Principal, now: DateTime<Utc>) {
        self.waiting.lock().note_without_scope(caller, now);
    }
}

impl fmt::Debug for UsageCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.waiting.lock().days.len();
        f.debug_struct("UsageCounter")
            .field("days", &days)
            .finish_non_exhaustive()
    }
}
