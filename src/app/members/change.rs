//! Giving a member another role, or another end to it.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::members::find::{direct_member, listed};
use crate::app::members::rules::{check_expiry, keep_an_owner};
use crate::app::namespaces::find::standing;
use crate::domain::authority::Authority;
use crate::domain::events::about::About;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::{LastingRole, ListedMember, Member};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::User;
use crate::storage::{Change, GrantedEvent, members};

/// A change to a member; fields that are left out stay as they are.
#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    /// Another role.
    pub level: Option<AccessLevel>,
    /// Another end, or none.
    pub expiry: Option<Option<Expiry>>,
}

impl Desk {
    /// Changes the role that a user has in that very namespace.
    #[tracing::instrument(name = "app.change_member", skip_all)]
    pub async fn change_member(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        user: UserId,
        wanted: MemberChange,
    ) -> Result<ListedMember, DeskError> {
        let change = self.begin(authority).await?;
        let (member, user, event) = change_member(&change, name, user, wanted).await?;
        let listed = listed(&change, (member, user)).await?;
        change.commit(event).await?;
        Ok(listed)
    }
}

/// Changes the role that a user has in that very namespace. No event comes back if nothing becomes different.
pub(in crate::app) async fn change_member(
    change: &Change,
    name: &NamespaceReference,
    user: UserId,
    wanted: MemberChange,
) -> Result<(Member, User, Option<GrantedEvent>), DeskError> {
    let standing = standing(change, name).await?;
    let namespace = &standing.namespace;
    let (held, user) = direct_member(change, namespace, user, change.now()).await?;
    let role = LastingRole {
        level: wanted.level.unwrap_or(held.level),
        expiry: wanted.expiry.unwrap_or(held.expiry),
    };
    let grant = change.grant(|authority| authority.change_role(&standing, &held, role))?;
    if let Some(expiry) = wanted.expiry {
        check_expiry(expiry, change.now())?;
    }
    keep_an_owner(change, &standing, (&held, &user), Some(role)).await?;
    let member = Member {
        level: role.level,
        expiry: role.expiry,
        ..held.clone()
    };
    if member == held {
        return Ok((member, user, None));
    }
    members::put(change, namespace.id, &member).await?;
    let detail = Detail::role_changed(&user.username, &held, &member);
    let event = Event::new(
        EventAction::MemberChanged,
        About::member_of(namespace),
        detail,
    );
    Ok((member, user, Some(grant.event(event))))
}
