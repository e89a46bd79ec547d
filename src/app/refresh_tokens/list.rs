//! Listing refresh tokens.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::refresh_tokens::RefreshToken;
use crate::storage::refresh_tokens;

impl Desk {
    /// A page of refresh tokens: a user's own, or anybody's for administrators.
    #[tracing::instrument(name = "app.refresh_tokens_page", skip_all)]
    pub async fn refresh_tokens_page(
        &self,
        authority: &Authority,
        owner: Option<UserId>,
        request: PageRequest,
    ) -> Result<Page<RefreshToken>, DeskError> {
        let owner = self.visible_owner(authority, owner).await?;
        Ok(refresh_tokens::page(&self.db, owner, request).await?)
    }
}
