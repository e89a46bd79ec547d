//! Deleting notices that were finished long ago.

use chrono::TimeDelta;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::storage::notices::{self, PURGED_AT_ONCE};

/// The time for which finished notices are kept.
const KEPT: TimeDelta = TimeDelta::days(30);
/// The most finished notices that are kept.
const MOST_FINISHED: u64 = 50_000;

impl Notices {
    /// Deletes some of the notices that were finished long ago or are too many, the oldest first; true if there may be more
    /// of them.
    #[tracing::instrument(name = "app.notices.purge", skip_all)]
    pub async fn purge(&self) -> Result<bool, DeskError> {
        let end = self.clock.now() - KEPT;
        let number = notices::purge(&self.db, end, MOST_FINISHED).await?;
        Ok(number >= PURGED_AT_ONCE)
    }
}
