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
        let mut days = 0;
        if pass.has_before_it(DAYS) {
            let (number, has_rest) = usage::purge(&self.db, end).await?;
            if has_rest {
                return Ok(PurgedPart { number, has_rest });
            }
            pass.is_over_with(DAYS);
            days = number;
        }
        let (unused, has_rest) = repositories::purge(&self.db, end).await?;
        if !has_rest {
            pass.begin_again();
        }
        Ok(PurgedPart {
            number: days.saturating_add(unused),
            has_rest,
        })
    }
}
