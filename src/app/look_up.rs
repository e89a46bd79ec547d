//! Questions that change nothing.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::filters::{TokenFilter, UserFilter};
use crate::domain::ids::{TokenId, UserId};
use crate::domain::namespace::{Namespace, NamespaceKind};
use crate::domain::page::{Page, PageRequest};
use crate::domain::personal_access_token::PersonalAccessToken;
use crate::domain::user::User;
use crate::domain::username::Username;
use crate::storage::{Source, namespaces, personal_access_tokens, users};

impl Desk {
    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<User>, ChangeError> {
        Ok(users::all(&self.db).await?)
    }

    /// The user with that name.
    pub async fn user(&self, username: &Username) -> Result<User, ChangeError> {
        users::find_by_username(&self.db, username)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", username))
    }

    /// The user with that id.
    pub async fn user_by_id(&self, id: UserId) -> Result<User, ChangeError> {
        users::find(&self.db, id)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &id))
    }

    /// All groups or projects, by path.
    pub async fn namespaces(&self, kind: NamespaceKind) -> Result<Vec<Namespace>, ChangeError> {
        Ok(namespaces::all(&self.db, kind).await?)
    }

    /// A page of users; every signed-in user may know who else there is.
    pub async fn users_page(
        &self,
        filter: &UserFilter,
        request: PageRequest,
    ) -> Result<Page<User>, ChangeError> {
        Ok(users::page(&self.db, filter, request).await?)
    }

    /// All tokens, or one user's, oldest first.
    pub async fn tokens(
        &self,
        authority: &Authority,
        owner: Option<UserId>,
    ) -> Result<Vec<PersonalAccessToken>, ChangeError> {
        authority.administer()?;
        Ok(personal_access_tokens::all(&self.db, owner).await?)
    }

    /// A page of tokens: a user's own, or anybody's for administrators.
    pub async fn tokens_page(
        &self,
        authority: &Authority,
        mut filter: TokenFilter,
        request: PageRequest,
    ) -> Result<Page<PersonalAccessToken>, ChangeError> {
        filter.owner = self.visible_owner(authority, filter.owner).await?;
        Ok(personal_access_tokens::page(&self.db, &filter, request).await?)
    }

    /// Whose things a list shows: a user's own, or for administrators anybody's or all.
    pub(super) async fn visible_owner(
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
pub(super) async fn token_for(
    source: &impl Source,
    authority: &Authority,
    id: TokenId,
) -> Result<PersonalAccessToken, ChangeError> {
    match personal_access_tokens::find(source, id).await? {
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
