//! Deleting events that are older than they are kept.

use std::time::Duration;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::purged_part::PurgedPart;
use crate::storage::audit_events;

impl Desk {
    /// Deletes some of the events that are older than `keep`, the oldest first.
    #[tracing::instrument(name = "app.purge_audit_events", skip_all)]
    pub async fn purge_audit_events(&self, keep: Duration) -> Result<PurgedPart, DeskError> {
        let end = self.kept_since(keep);
        let purged = audit_events::purge(&self.db, end).await?;
        Ok(PurgedPart::from(purged))
    }
}
