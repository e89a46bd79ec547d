//! Deleting refresh tokens that have ended.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::purged_part::PurgedPart;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::storage::{PurgePass, refresh_tokens};

impl Desk {
    /// Deletes some of the refresh tokens that can never work again.
    #[tracing::instrument(name = "app.purge_refresh_tokens", skip_all)]
    pub async fn purge_refresh_tokens(
        &self,
        lifetimes: &RefreshLifetimes,
        pass: &PurgePass,
    ) -> Result<PurgedPart, DeskError> {
        let purged = refresh_tokens::purge(&self.db, (lifetimes, pass), self.now()).await?;
        Ok(PurgedPart::from(purged))
    }
}
