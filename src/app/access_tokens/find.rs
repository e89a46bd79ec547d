//! Finding personal access tokens.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::filter::AccessTokenFilter;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::page::{Listing, Paging};
use crate::storage::access_tokens::families;
use crate::storage::{Source, access_tokens};

impl Desk {
    /// A part of the tokens: a user's own, or anybody's for administrators.
    pub async fn access_tokens_page(
        &self,
        authority: &Authority,
        mut filter: AccessTokenFilter,
        paging: Paging,
    ) -> Result<Listing<AccessToken>, DeskError> {
        filter.owner = self.visible_owner(authority, filter.owner).await?;
        Ok(access_tokens::page(&self.db, &filter, paging).await?)
    }

    /// The owner whose tokens a list shows: users see their own, administrators anybody's, or all.
    pub(in crate::app) async fn visible_owner(
        &self,
        authority: &Authority,
        wanted: Option<UserId>,
    ) -> Result<Option<UserId>, DeskError> {
        match wanted {
            Some(owner) => {
                authority.act_for(owner)?;
                Ok(Some(user_for(&self.db, &owner.into()).await?.id))
            }
            None if authority.is_administrator() => Ok(None),
            None => Ok(authority.user()),
        }
    }

    /// The token with that id.
    pub async fn access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
    ) -> Result<AccessToken, DeskError> {
        access_token_for(&self.db, authority, id).await
    }

    /// The token that took the place of `token`, if one did.
    pub async fn successor_of_access_token(
        &self,
        authority: &Authority,
        token: &AccessToken,
    ) -> Result<Option<AccessToken>, DeskError> {
        authority.act_for(token.user_id)?;
        Ok(families::successor_of(&self.db, token).await?)
    }
}

/// The token with that id, for its owner and administrators.
pub(in crate::app) async fn access_token_for(
    source: &impl Source,
    authority: &Authority,
    id: AccessTokenId,
) -> Result<AccessToken, DeskError> {
    let found = access_tokens::find(source, id).await?;
    let missing = DeskError::not_found("personal access token", &id);
    of_owner(
        authority,
        found.map(|token| (token.user_id, token)),
        missing,
    )
}

/// A token that was looked up with its owner, for them and administrators, who learn that it is `missing`.
///
/// Nobody else learns if it exists (docs/gitlab-api.md §2.2).
pub(in crate::app) fn of_owner<T>(
    authority: &Authority,
    found: Option<(UserId, T)>,
    missing: DeskError,
) -> Result<T, DeskError> {
    match found {
        Some((owner, token)) => {
            authority.act_for(owner)?;
            Ok(token)
        }
        None if authority.is_administrator() => Err(missing),
        None => Err(Refusal::NotYours.into()),
    }
}
