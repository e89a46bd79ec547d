//! Finding users.

use std::collections::BTreeMap;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::page::{Listing, Paging};
use crate::domain::users::User;
use crate::domain::users::filter::UserFilter;
use crate::domain::users::username::Username;
use crate::storage::{namespaces, users};

impl Desk {
    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<User>, DeskError> {
        Ok(users::all(&self.db).await?)
    }

    /// The user with that name.
    pub async fn user(&self, username: &Username) -> Result<User, DeskError> {
        users::find_by_username(&self.db, username)
            .await?
            .ok_or_else(|| DeskError::not_found("user", username))
    }

    /// The user with that id.
    pub async fn user_by_id(&self, id: UserId) -> Result<User, DeskError> {
        users::find(&self.db, id)
            .await?
            .ok_or_else(|| DeskError::not_found("user", &id))
    }

    /// A part of the users. Every signed-in user may know the others, but only administrators may search by
    /// addresses and other things that they alone see.
    pub async fn users_page(
        &self,
        authority: &Authority,
        mut filter: UserFilter,
        paging: Paging,
    ) -> Result<Listing<User>, DeskError> {
        filter.search_addresses = authority.is_administrator();
        if !authority.is_administrator() {
            // As in GitLab, this filter is refused and the others have no effect.
            if filter.external.is_some() {
                authority.require_administrator()?;
            }
            (filter.admin, filter.created_before, filter.created_after) = (None, None, None);
        }
        Ok(users::page(&self.db, &filter, paging).await?)
    }

    /// The ids of the namespaces that bear the names of `users`.
    pub async fn own_namespaces(
        &self,
        users: &[User],
    ) -> Result<BTreeMap<UserId, NamespaceId>, DeskError> {
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
}
