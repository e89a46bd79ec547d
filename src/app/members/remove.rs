//! Taking a user's role away.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::members::find::direct_member;
use crate::app::members::rules::keep_an_owner;
use crate::app::namespaces::find::standing;
use crate::domain::authority::Authority;
use crate::domain::events::about::About;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::UserId;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::storage::{Change, GrantedEvent, members, namespaces};

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
    #[tracing::instrument(name = "app.remove_member", skip_all, fields(name = %name, user = %user))]
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
    keep_an_owner(change, &standing, &held, None).await?;
    members::remove(change, namespace.id, user.id).await?;
    if below == RolesBelow::Removed {
        let below = namespaces::live_below(change, namespace.id).await?;
        let ids: Vec<_> = below.iter().map(|namespace| namespace.id).collect();
        members::remove_from(change, &ids, user.id).await?;
    }
    let detail = Detail::role_removed(&user.username, &held, &[]);
    let event = Event::new(
        EventAction::MemberRemoved,
        About::member_of(namespace),
        detail,
    );
    Ok(grant.event(event))
}
