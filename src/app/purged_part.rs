//! Deleting what is older than it is kept, a part at a time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::desk::Desk;

/// A part of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedPart {
    /// The number of rows that were deleted.
    pub number: u64,
    /// True if there may be more of them that were made on the same day. The next day comes with the next purge.
    pub has_rest: bool,
}

impl From<(u64, bool)> for PurgedPart {
    /// The number, and true if there may be more of the same day.
    fn from((number, has_rest): (u64, bool)) -> Self {
        Self { number, has_rest }
    }
}

impl Desk {
    /// The instant before which nothing is kept that is kept for `keep`.
    pub(in crate::app) fn kept_since(&self, keep: Duration) -> DateTime<Utc> {
        TimeDelta::from_std(keep)
            .ok()
            .and_then(|keep| self.now().checked_sub_signed(keep))
            .unwrap_or(DateTime::<Utc>::UNIX_EPOCH)
    }
}
