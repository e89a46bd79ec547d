//! Deleting sessions that have ended.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::purged_part::PurgedPart;
use crate::domain::sessions::SessionRules;
use crate::storage::{PurgePass, sessions};

impl Desk {
    /// Deletes some of the sessions that have idled out or are too old.
    #[tracing::instrument(name = "app.purge_sessions", skip_all)]
    pub async fn purge_sessions(
        &self,
        rules: &SessionRules,
        pass: &PurgePass,
    ) -> Result<PurgedPart, DeskError> {
        let purged = sessions::purge(&self.db, (rules, pass), self.now()).await?;
        Ok(PurgedPart::from(purged))
    }
}
