//! Finding refresh tokens.

use crate::app::access_tokens::find::of_owner;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::ids::{RefreshTokenId, UserId};
use crate::domain::page::{Listing, Paging};
use crate::domain::refresh_tokens::RefreshToken;
use crate::storage::{Source, refresh_tokens};

impl Desk {
    /// The refresh token with that id, for its user and administrators.
    pub async fn refresh_token(
        &self,
        authority: &Authority,
        id: RefreshTokenId,
    ) -> Result<RefreshToken, DeskError> {
        refresh_token_for(&self.db, authority, id).await
    }

    /// A part of the refresh tokens: a user's own, or anybody's for administrators.
    #[tracing::instrument(name = "app.refresh_tokens_page", skip_all)]
    pub async fn refresh_tokens_page(
        &self,
        authority: &Authority,
        owner: Option<UserId>,
        paging: Paging,
    ) -> Result<Listing<RefreshToken>, DeskError> {
        let owner = self.visible_owner(authority, owner).await?;
        Ok(refresh_tokens::page(&self.db, owner, paging).await?)
    }
}

/// The refresh token with that id, for its user and administrators; nobody else learns if it exists.
pub(in crate::app) async fn refresh_token_for(
    source: &impl Source,
    authority: &Authority,
    id: RefreshTokenId,
) -> Result<RefreshToken, DeskError> {
    let found = refresh_tokens::find(source, id).await?;
    let missing = DeskError::not_found("refresh token", &id);
    of_owner(
        authority,
        found.map(|token| (token.user_id, token)),
        missing,
    )
}
