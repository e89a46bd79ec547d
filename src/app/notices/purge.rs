//! Deleting notices that were finished long ago.

use chrono::TimeDelta;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::storage::notices::{self, progress};

/// The time after which a notice is given up that nobody sends: longer than whoever sends it would try.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(4);
/// The time for which finished notices are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

impl Notices {
    /// Deletes some of the notices that were finished long ago or are too many, the oldest first; true if there may be more
    /// of them, but for those of the next day.
    #[tracing::instrument(name = "app.notices.purge", skip_all)]
    pub async fn purge(&self) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let given_up = notices::give_up(&self.db, now - LONGEST_WAIT, now).await?;
        if given_up > 0 {
            tracing::warn!(
                given_up,
                "{given_up} notices are given up: nobody sent them in time"
            );
        }
        let end = now - KEPT;
        let looked_at = progress::progress(&self.db, now).await?.ends_looked_at;
        let above = (self.bounds.finished, looked_at);
        let (_, has_rest) = notices::purge(&self.db, end, above).await?;
        Ok(has_rest)
    }
}
