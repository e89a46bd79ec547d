//! Counting deploy tokens that end soon.

use chrono::Duration;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::storage::deploy_tokens;

impl Desk {
    /// The number of deploy tokens that work and end within so many days from now.
    #[tracing::instrument(name = "app.count_ending_deploy_tokens", skip_all)]
    pub async fn count_ending_deploy_tokens(&self, days: u16) -> Result<u64, DeskError> {
        let now = self.now();
        let end = now + Duration::days(days.into());
        Ok(deploy_tokens::count_ending(&self.db, now, end).await?)
    }
}
