//! Deleting usage that is older than it is kept.

use std::time::Duration;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::purged_part::PurgedPart;
use crate::storage::{repositories, usage};

impl Desk {
    /// Deletes some of the days that are older than `keep`, the oldest first, and of the repositories that were not used
    /// since.
    #[tracing::instrument(name = "app.purge_usage", skip_all)]
    pub async fn purge_usage(&self, keep: Duration) -> Result<PurgedPart, DeskError> {
        let end = self.kept_since(keep);
        let (days, more_days) = usage::purge(&self.db, end).await?;
        let (unused, more_unused) = repositories::purge(&self.db, end).await?;
        Ok(PurgedPart {
            number: days.saturating_add(unused),
            has_rest: more_days || more_unused,
        })
    }
}
