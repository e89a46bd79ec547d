//! Deleting refresh tokens that have ended.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::storage::refresh_tokens;

impl Desk {
    /// Deletes refresh tokens that can never work again, and returns their number.
    #[tracing::instrument(name = "app.purge_refresh_tokens", skip_all)]
    pub async fn purge_refresh_tokens(
        &self,
        lifetimes: &RefreshLifetimes,
    ) -> Result<u64, DeskError> {
        Ok(refresh_tokens::purge(&self.db, lifetimes, self.now()).await?)
    }
}
