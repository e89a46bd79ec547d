//! Questions that change nothing.

use std::collections::BTreeMap;

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::filters::{TokenFilter, UserFilter};
use crate::domain::ids::{NamespaceId, TokenId, UserId};
use crate::domain::namespace_path::NamespacePath;
use crate::domain::page::{Listing, Page, PageRequest, Paging};
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

    /// A part of the users; every signed-in user may know who else there is, but not search for
    /// what they do not see.
    pub async fn users_page(
        &self,
        authority: &Authority,
        mut filter: UserFilter,
        paging: Paging,
    ) -> Result<Listing<User>, ChangeError> {
        filter.search_addresses = authority.is_administrator();
        if !authority.is_administrator() {
            // As in GitLab: one is refused, the others have no effect.
            if filter.external.is_some() {
                authority.administer()?;
            }
            (filter.admin, filter.created_before, filter.created_after) = (None, None, None);
        }
        Ok(users::page(&self.db, &filter, paging).await?)
    }

    /// The ids of the namespaces that bear the names of `users`.
    pub async fn own_namespaces(
        &self,
        users: &[User],
    ) -> Result<BTreeMap<UserId, NamespaceId>, ChangeError> {
        let mut found = BTreeMap::new();
        for some in users.chunks(1000) {
            let paths: Vec<NamespacePath> =
                some.iter().map(|user| user.username.namespace()).collect();
            let ids = namespaces::ids_at(&self.db, &paths).await?;
            found.extend(
                some.iter()
                    .zip(paths)
                    .filter_map(|(user, path)| Some((user.id, *ids.get(&path)?))),
            );
        }
        Ok(found)
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
