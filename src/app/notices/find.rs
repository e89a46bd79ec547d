//! Finding notices and the state of their delivery, for administrators.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::notices::outbox::{NoticeFilter, OutboxNotice};
use crate::domain::page::{Listing, Paging};
use crate::storage::notices;

impl Desk {
    /// A part of the notices that `filter` lets through, as an administrator. Pages are newest first if `descending`.
    #[tracing::instrument(name = "app.notices_page", skip_all)]
    pub async fn notices_page(
        &self,
        authority: &Authority,
        filter: NoticeFilter,
        (descending, paging): (bool, Paging),
    ) -> Result<Listing<OutboxNotice>, DeskError> {
        authority.require_administrator()?;
        Ok(notices::page(&self.db, filter, (descending, paging)).await?)
    }
}
