//! Finding personal access tokens.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::access_tokens::PersonalAccessToken;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::filters::TokenFilter;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::storage::{Source, access_tokens};

impl Desk {
    /// All tokens, or one user's, oldest first.
    pub async fn tokens(
        &self,
        authority: &Authority,
        owner: Option<UserId>,
    ) -> Result<Vec<PersonalAccessToken>, ChangeError> {
        authority.administer()?;
        Ok(access_tokens::all(&self.db, owner).await?)
    }

    /// A page of tokens: a user's own, or anybody's for administrators.
    pub async fn tokens_page(
        &self,
        authority: &Authority,
        mut filter: TokenFilter,
        request: PageRequest,
    ) -> Result<Page<PersonalAccessToken>, ChangeError> {
        filter.owner = self.visible_owner(authority, filter.owner).await?;
        Ok(access_tokens::page(&self.db, &filter, request).await?)
    }

    /// Whose things a list shows: a user's own, or for administrators anybody's or all.
    pub(in crate::app) async fn visible_owner(
        &self,
        authority: &Authority,
        wanted: Option<UserId>,
    ) -> Result<Option<UserId>, ChangeError> {
        match wanted {
            Some(owner) => {
                authority.act_for(owner)?;
                Ok(Some(self.user_by_id(owner).await?.id))
            }
            None if authority.is_administrator() => Ok(None),
            None => Ok(authority.user()),
        }
    }

    /// The token with that id.
    pub async fn token(
        &self,
        authority: &Authority,
        id: TokenId,
    ) -> Result<PersonalAccessToken, ChangeError> {
        token_for(&self.db, authority, id).await
    }
}

/// The token with that id, for its owner and administrators.
///
/// Nobody else learns whether it exists (gitlab-api.md 2.2).
pub(in crate::app) async fn token_for(
    source: &impl Source,
    authority: &Authority,
    id: TokenId,
) -> Result<PersonalAccessToken, ChangeError> {
    match access_tokens::find(source, id).await? {
        Some(token) => {
            authority.act_for(token.user_id)?;
            Ok(token)
        }
        None if authority.is_administrator() => {
            Err(ChangeError::not_found("personal access token", &id))
        }
        None => Err(Refusal::NotYours.into()),
    }
}
