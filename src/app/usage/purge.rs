//! Deleting usage that is older than it is kept.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::storage::{repositories, usage};

/// A part of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedUsage {
    /// The number of rows that were deleted.
    pub number: u64,
    /// True if there may be more of them.
    pub has_rest: bool,
}

impl Desk {
    /// Deletes some of the days that are older than `keep`, the oldest first, and of the repositories that were not used
    /// since.
    #[tracing::instrument(name = "app.purge_usage", skip_all)]
    pub async fn purge_usage(&self, keep: Duration) -> Result<PurgedUsage, DeskError> {
        let end = TimeDelta::from_std(keep)
            .ok()
            .and_then(|keep| self.now().checked_sub_signed(keep))
            .unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
        let (days, more_days) = usage::purge(&self.db, end).await?;
        let (unused, more_unused) = repositories::purge(&self.db, end).await?;
        Ok(PurgedUsage {
            number: days.saturating_add(unused),
            has_rest: more_days || more_unused,
        })
    }
}
