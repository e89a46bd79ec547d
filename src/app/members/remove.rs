//! Taking a user's role away.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::members::find::direct_member;
use crate::app::members::rules::{keep_an_owner, keep_owners_below};
use crate::app::namespaces::find::standing;
use crate::domain::authority::Authority;
use crate::domain::events::about::About;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::UserId;
use crate::domain::members::Member;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::storage::{Change, GrantedEvent, members};

/// The way to treat the roles that the user has below the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolesBelow {
    /// They stay.
    Kept,
    /// They are taken away too, as GitLab does unless told otherwise.
    Removed,
}

impl Desk {
    /// Takes a user's own role in a group or project away; inherited ones stay.
    #[tracing::instrument(name = "app.remove_member", skip_all)]
    pub async fn remove_member(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        user: UserId,
        below: RolesBelow,
    ) -> Result<(), DeskError> {
        let change = self.begin(authority).await?;
        let event = remove(&change, name, user, below).await?;
        Ok(change.commit([event]).await?)
    }
}

/// Takes a user's own role in a group or project away.
pub(in crate::app) async fn remove(
    change: &Change,
    name: &NamespaceReference,
    user: UserId,
    below: RolesBelow,
) -> Result<GrantedEvent, DeskError> {
    let standing = standing(change, name).await?;
    let namespace = &standing.namespace;
    let (held, user) = direct_member(change, namespace, user, change.now()).await?;
    let grant = change.grant(|authority| authority.take_role(&standing, &held))?;
    keep_an_owner(change, &standing, (&held, &user), None).await?;
    let below = match below {
        RolesBelow::Kept => Vec::new(),
        RolesBelow::Removed => roles_below(change, namespace, user.id).await?,
    };
    let taken: Vec<_> = below.iter().map(|(namespace, _)| namespace.id).collect();
    let taken = [&[namespace.id], taken.as_slice()].concat();
    keep_owners_below(change, &user, (&below, &taken)).await?;
    members::remove_from(change, &taken, user.id).await?;
    let below: Vec<_> = below
        .into_iter()
        .filter(|(_, member)| member.role().lasts_at(change.now()))
        .collect();
    let detail = Detail::role_removed(&user.username, &held, &below);
    let event = Event::new(
        EventAction::MemberRemoved,
        About::member_of(namespace),
        detail,
    );
    Ok(grant.event(event))
}

/// The roles that were given to a user below a namespace, ended ones too, by path. They are looked for among the
/// user's, who has few, and not in all that is below.
async fn roles_below(
    change: &Change,
    namespace: &Namespace,
    user: UserId,
) -> Result<Vec<(Namespace, Member)>, DeskError> {
    let mut roles = members::of_user(change, user).await?;
    let is_below = |path: &NamespacePath| {
        path.and_ancestors()
            .skip(1)
            .any(|above| above == namespace.path)
    };
    roles.retain(|(namespace, _)| is_below(&namespace.path));
    roles.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    Ok(roles)
}
