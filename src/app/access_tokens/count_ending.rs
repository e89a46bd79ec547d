//! Counting tokens that end soon.

use chrono::Duration;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::storage::access_tokens;

impl Desk {
    /// The numbers of active tokens that end within so many days from now, with one question for all.
    #[tracing::instrument(name = "app.count_ending_access_tokens", skip_all)]
    pub async fn count_ending_access_tokens<const N: usize>(
        &self,
        days: [u16; N],
    ) -> Result<[u64; N], DeskError> {
        let now = self.now();
        let ends = days.map(|days| now + Duration::days(days.into()));
        Ok(access_tokens::count_ending(&self.db, now, ends).await?)
    }
}
