//! Finding notices and the state of their delivery, for administrators.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::notices::outbox::{NoticeState, OutboxNotice};
use crate::domain::page::{Listing, Paging};
use crate::storage::notices;

impl Desk {
    /// A part of the notices, perhaps only those in one state, as an administrator. Pages are newest first if `descending`.
    #[tracing::instrument(name = "app.notices_page", skip_all)]
    pub async fn notices_page(
        &self,
        authority: &Authority,
        state: Option<NoticeState>,
        (descending, paging): (bool, Paging),
    ) -> Result<Listing<OutboxNotice>, DeskError> {
        authority.require_administrator()?;
        Ok(notices::page(&self.db, state, (descending, paging)).await?)
    }
}
