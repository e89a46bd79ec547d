//! Deleting usage that is older than it is kept.

use std::time::Duration;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::purged_part::PurgedPart;
use crate::storage::{PurgePass, repositories, usage};

/// Days come first, and then repositories.
const DAYS: usize = 0;

impl Desk {
    /// Deletes some of the days that are older than `keep`, the oldest first, and of the repositories that were not used
    /// since.
    #[tracing::instrument(name = "app.purge_usage", skip_all)]
    pub async fn purge_usage(
        &self,
        keep: Duration,
        pass: &PurgePass,
    ) -> Result<PurgedPart, DeskError> {
        let end = self.kept_since(keep);
        let delete = |reason| async move {
            match reason {
                DAYS => usage::purge(&self.db, end).await,
                _ => repositories::purge(&self.db, end).await,
            }
        };
        Ok(PurgedPart::from(pass.part(2, delete).await?))
    }
}
