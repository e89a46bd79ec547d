//! Finds users.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::page::{Listing, Paging};
use crate::domain::users::filter::UserFilter;
use crate::domain::users::reference::UserReference;
use crate::domain::users::username::Username;
use crate::domain::users::{User, VisibleUser};
use crate::storage::{Source, namespaces, users};

/// The most users whose namespaces are looked up at a time: no database takes any number of names.
const AT_A_TIME: usize = 1000;

impl Desk {
    /// The first `size` users that `filter` lets through, by name, or the first after a name; administrators only.
    pub async fn users(
        &self,
        authority: &Authority,
        filter: &UserFilter,
        (after, size): (Option<&Username>, u64),
    ) -> Result<Vec<VisibleUser>, DeskError> {
        authority.require_administrator()?;
        let users = users::by_name(&self.db, filter, after, size).await?;
        let own = own_namespaces(&self.db, &users).await?;
        let whole = users.into_iter().map(|user| {
            let namespace = own.get(&user.id).copied();
            VisibleUser::Whole(user, namespace)
        });
        Ok(whole.collect())
    }

    /// The users with these ids, as many as are there; administrators only.
    pub async fn users_by_id(
        &self,
        authority: &Authority,
        ids: BTreeSet<UserId>,
    ) -> Result<BTreeMap<UserId, User>, DeskError> {
        authority.require_administrator()?;
        Ok(users::find_all(&self.db, ids).await?)
    }

    /// One user, as far as the caller may see them.
    pub async fn user(
        &self,
        authority: &Authority,
        reference: &UserReference,
    ) -> Result<VisibleUser, DeskError> {
        let user = user_for(&self.db, reference).await?;
        if authority.is_administrator() {
            whole(&self.db, user).await
        } else {
            Ok(VisibleUser::Basic(user))
        }
    }

    /// The caller, who sees everything of themselves.
    pub async fn own_user(&self, authority: &Authority) -> Result<VisibleUser, DeskError> {
        let id = authority
            .user()
            .ok_or_else(|| DeskError::refused("the command line is no user"))?;
        whole(&self.db, user_for(&self.db, &id.into()).await?).await
    }

    /// A part of the users. Every signed-in user may know the others, but only administrators may search by
    /// addresses and other things that they alone see.
    pub async fn users_page(
        &self,
        authority: &Authority,
        mut filter: UserFilter,
        paging: Paging,
    ) -> Result<Listing<VisibleUser>, DeskError> {
        filter.search_addresses = authority.is_administrator();
        if !authority.is_administrator() {
            // As in GitLab, the first filter is refused and others have no effect. The second one has none there either; but
            // whoever looks for those without must not take everybody for one.
            if filter.external.is_some() || filter.two_factor.is_some() {
                authority.require_administrator()?;
            }
            (filter.admin, filter.created_before, filter.created_after) = (None, None, None);
        }
        let found = users::page(&self.db, &filter, paging).await?;
        if !authority.is_administrator() {
            return Ok(found.map(VisibleUser::Basic));
        }
        let own = own_namespaces(&self.db, &found.items).await?;
        Ok(found.map(|user| {
            let namespace = own.get(&user.id).copied();
            VisibleUser::Whole(user, namespace)
        }))
    }
}

/// Everything of a user, for a caller who may see it.
pub(in crate::app) async fn whole(
    source: &impl Source,
    user: User,
) -> Result<VisibleUser, DeskError> {
    let own = own_namespaces(source, std::slice::from_ref(&user)).await?;
    let namespace = own.get(&user.id).copied();
    Ok(VisibleUser::Whole(user, namespace))
}

/// The ids of the namespaces that bear the names of `users`.
async fn own_namespaces(
    source: &impl Source,
    users: &[User],
) -> Result<BTreeMap<UserId, NamespaceId>, DeskError> {
    let mut found = BTreeMap::new();
    for some in users.chunks(AT_A_TIME) {
        let paths: Vec<NamespacePath> = some.iter().map(|user| user.username.namespace()).collect();
        let ids = namespaces::ids_at(source, &paths).await?;
        found.extend(
            some.iter()
                .zip(paths)
                .filter_map(|(user, path)| Some((user.id, *ids.get(&path)?))),
        );
    }
    Ok(found)
}

/// The user that `reference` refers to.
pub(in crate::app) async fn user_for(
    source: &impl Source,
    reference: &UserReference,
) -> Result<User, DeskError> {
    let found = match reference {
        UserReference::Id(id) => users::find(source, *id).await?,
        UserReference::Name(username) => users::find_by_username(source, username).await?,
    };
    found.ok_or_else(|| DeskError::not_found("user", reference))
}
