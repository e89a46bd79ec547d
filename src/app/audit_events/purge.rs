//! Deleting events that are older than they are kept.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::storage::audit_events::{self, PURGED_AT_ONCE};

/// A part of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedEvents {
    /// The number of events that were deleted.
    pub number: u64,
    /// True if there may be more of them.
    pub has_rest: bool,
}

impl Desk {
    /// Deletes some of the events that are older than `keep`, the oldest first.
    #[tracing::instrument(name = "app.purge_audit_events", skip_all)]
    pub async fn purge_audit_events(&self, keep: Duration) -> Result<PurgedEvents, DeskError> {
        let end = TimeDelta::from_std(keep)
            .ok()
            .and_then(|keep| self.now().checked_sub_signed(keep))
            .unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
        let number = audit_events::purge(&self.db, end).await?;
        Ok(PurgedEvents {
            number,
            has_rest: number >= PURGED_AT_ONCE,
        })
    }
}
