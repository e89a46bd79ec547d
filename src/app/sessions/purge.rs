//! Deleting sessions that have ended.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::sessions::SessionRules;
use crate::storage::sessions;

impl Desk {
    /// Deletes sessions that have idled out or are too old, and returns their number.
    #[tracing::instrument(name = "app.purge_sessions", skip_all)]
    pub async fn purge_sessions(&self, rules: &SessionRules) -> Result<u64, DeskError> {
        Ok(sessions::purge(&self.db, rules, self.now()).await?)
    }
}
