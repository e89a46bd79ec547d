//! Deleting notices that were finished long ago.

use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::PurgedPart;
use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::domain::clock::AHEAD;
use crate::domain::notices::back_off::LONGEST_HONEST_WAIT;
use crate::storage::StorageError;
use crate::storage::notices::{self, progress};

/// The time after which a notice is given up that nobody sends: longer than whoever sends it would try.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(4);
/// The time for which finished notices are kept.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Those that wait come first, and then the finished ones.
const WAITED: usize = 0;

/// The instant before which a notice that waits at `now` was made too long ago to be sent.
pub(in crate::app::notices) fn too_old(now: DateTime<Utc>) -> DateTime<Utc> {
    now - LONGEST_WAIT
}

impl Notices {
    /// Deletes some of the notices that were finished long ago or are too many, the oldest first.
    ///
    /// Before the first part of a purge, those are given up that nobody has sent.
    #[tracing::instrument(name = "app.notices.purge", skip_all)]
    pub async fn purge(&self) -> Result<PurgedPart, DeskError> {
        let now = self.clock.now();
        let part = |reason| {
            Box::pin(async move {
                match reason {
                    WAITED => self.give_up(now).await.map(|()| (0, false)),
                    _ => self.delete_finished(now).await,
                }
            })
        };
        Ok(PurgedPart::from(self.purge_pass.part(2, part).await?))
    }

    async fn give_up(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        notices::make_due(&self.db, now + LONGEST_HONEST_WAIT, now).await?;
        let waited = (too_old(now), now + AHEAD);
        let given_up = notices::give_up(&self.db, waited, now).await?;
        self.given_up.fetch_add(given_up, Ordering::Relaxed);
        if given_up > 0 {
            tracing::warn!(
                given_up,
                "{given_up} notices are given up: nobody sent them in time"
            );
        }
        Ok(())
    }

    async fn delete_finished(&self, now: DateTime<Utc>) -> Result<(u64, bool), StorageError> {
        let end = now - KEPT;
        // It begins with the first way for notices: what was before that is no news.
        let looked_at = progress::find(&self.db).await?;
        let looked_at = looked_at.map_or(now, |progress| progress.ends_looked_at);
        let above = (self.bounds.finished, looked_at);
        notices::purge(&self.db, end, above).await
    }
}
