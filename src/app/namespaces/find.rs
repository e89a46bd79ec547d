//! The group or project that a caller names, if they may see it.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::list::with_ancestors_of;
use crate::app::users::find::user_for;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::members::LastingRole;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceKey, NamespaceReference};
use crate::domain::namespaces::{Namespace, NamespaceWithAncestors};
use crate::storage::{Change, Source, namespaces, rights};

impl Desk {
    /// The namespace that `name` names, and the caller's role there.
    ///
    /// A namespace that the caller may not see does not exist for them.
    pub async fn namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Standing, DeskError> {
        namespace_for(&self.db, authority, name, self.now()).await
    }

    /// The namespace that `name` names, with all that it lies in, if the caller may see it.
    pub async fn namespace_with_ancestors(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        let standing = self.namespace(authority, name).await?;
        with_ancestors_of(&self.db, (authority, self.now()), standing.namespace).await
    }
}

/// The namespace that `name` names, and the caller's role there, as they are inside a change.
pub(in crate::app) async fn standing(
    change: &Change,
    name: &NamespaceReference,
) -> Result<Standing, DeskError> {
    namespace_for(change, change.authority(), name, change.now()).await
}

/// The namespace that `name` names, and the caller's role there at `now`.
pub(in crate::app) async fn namespace_for(
    source: &impl Source,
    authority: &Authority,
    name: &NamespaceReference,
    now: DateTime<Utc>,
) -> Result<Standing, DeskError> {
    let hidden = || DeskError::not_found(name.expected().name(), name);
    let found = match name.key() {
        NamespaceKey::Id(id) => namespaces::find_live_by_id(source, *id).await?,
        NamespaceKey::Path(path) => namespaces::find_live(source, path).await?,
        NamespaceKey::Owner(owner) => {
            let owner = user_for(source, owner).await?;
            namespaces::find_live(source, &owner.username.namespace()).await?
        }
    };
    let standing = if_seen(source, authority, found, now).await?;
    let standing = standing.ok_or_else(hidden)?;
    match name.expected() {
        expected if expected.includes(standing.namespace.kind) => Ok(standing),
        ExpectedNamespace::Shared => Err(DeskError::refused(
            "a user's own namespace has neither members nor deploy tokens; name a project in it",
        )),
        ExpectedNamespace::Group | ExpectedNamespace::Project | ExpectedNamespace::Parent => {
            Err(hidden())
        }
    }
}

/// A namespace that was found, with the caller's role there at `now`, if they may see it. Where nothing was found, some role is asked
/// for all the same: the time of an answer does not tell what is hidden from what is not there.
pub(in crate::app) async fn if_seen(
    source: &impl Source,
    authority: &Authority,
    found: Option<Namespace>,
    now: DateTime<Utc>,
) -> Result<Option<Standing>, DeskError> {
    let Some(namespace) = found else {
        if let (Some(user), Some((own, _))) = (authority.user(), authority.ownership()) {
            rights::roles_at(source, user, &own, now).await?;
        }
        return Ok(None);
    };
    let roles = roles_in(source, authority, &namespace, now).await?;
    let standing = Standing { namespace, roles };
    let is_seen = authority.sees(&standing.namespace, standing.role());
    Ok(is_seen.then_some(standing))
}

/// The caller's roles in a namespace at `now`, its own and inherited ones.
async fn roles_in(
    source: &impl Source,
    authority: &Authority,
    namespace: &Namespace,
    now: DateTime<Utc>,
) -> Result<Vec<LastingRole>, DeskError> {
    let Some(user) = authority.user() else {
        return Ok(Vec::new());
    };
    if let Some((own, level)) = authority.ownership()
        && namespace.path.and_ancestors().last() == Some(own)
    {
        let expiry = None;
        return Ok(vec![LastingRole { level, expiry }]);
    }
    Ok(rights::roles_at(source, user, &namespace.path, now).await?)
}
