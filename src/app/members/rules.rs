//! Rules that hold for every change of a role.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::domain::authority::Refusal;
use crate::domain::authority::namespaces::Standing;
use crate::domain::expiry::{Expiry, outlasts};
use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::{LastingRole, Member};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::users::{User, UserState};
use crate::storage::{Change, members, namespaces};

/// Refuses an end before today, in GitLab's words.
pub(super) fn check_expiry(expiry: Option<Expiry>, now: DateTime<Utc>) -> Result<(), DeskError> {
    match expiry {
        Some(expiry) if expiry.date() < now.date_naive() => Err(DeskError::Invalid {
            field: "expires_at",
            problem: "cannot be a date in the past".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Refuses to take the role of the last owner of a group away, its own or inherited, or to lower or shorten
/// it: nobody but administrators could manage the group any more. They may, and so may the command line. Owners who are blocked, or
/// for a time only, are none that the group could keep.
pub(super) async fn keep_an_owner(
    change: &Change,
    standing: &Standing,
    (held, user): (&Member, &User),
    left: Option<LastingRole>,
) -> Result<(), DeskError> {
    let is_kept =
        left.is_some_and(|left| left.level >= held.level && !outlasts(held.expiry, left.expiry));
    if !keeps_a_group(held, user) || is_kept {
        return Ok(());
    }
    if change.authority().is_administrator() || standing.namespace.kind != NamespaceKind::Group {
        return Ok(());
    }
    let above = namespaces::and_ancestors(change, &standing.namespace).await?;
    let ids: Vec<_> = above.iter().map(|namespace| namespace.id).collect();
    let lost = [standing.namespace.id];
    let owned = members::still_owned(change, &ids, (held.user_id, &lost)).await?;
    if owned.is_empty() {
        Err(Refusal::LastOwner.into())
    } else {
        Ok(())
    }
}

/// True for an owner whom a group has for good.
fn keeps_a_group(member: &Member, user: &User) -> bool {
    member.level == AccessLevel::Owner && member.expiry.is_none() && user.state == UserState::Active
}

/// Refuses to take the roles of the last owner of a group below away with their role above, like
/// [`keep_an_owner`]. `below` are all roles that the user has below, `taken` the places of all that go.
pub(super) async fn keep_owners_below(
    change: &Change,
    user: &User,
    (below, taken): (&[(Namespace, Member)], &[NamespaceId]),
) -> Result<(), DeskError> {
    if change.authority().is_administrator() {
        return Ok(());
    }
    match left_without_owner(change, user, (below, taken)).await? {
        Some(group) => Err(Refusal::LastOwnerBelow(group).into()),
        None => Ok(()),
    }
}

/// The first of the groups of which a user is the last owner, if `roles` are theirs and those in `taken` go.
pub(in crate::app) async fn left_without_owner(
    change: &Change,
    user: &User,
    (roles, taken): (&[(Namespace, Member)], &[NamespaceId]),
) -> Result<Option<NamespacePath>, DeskError> {
    let groups = roles.iter().filter(|(namespace, member)| {
        namespace.kind == NamespaceKind::Group && keeps_a_group(member, user)
    });
    let groups: Vec<Namespace> = groups.map(|(namespace, _)| namespace.clone()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let mut places = namespaces::above(change, &groups).await?;
    places.extend(groups.iter().cloned());
    let ids: Vec<_> = places.iter().map(|namespace| namespace.id).collect();
    let owned = members::still_owned(change, &ids, (user.id, taken)).await?;
    let owned: BTreeSet<&NamespacePath> = places
        .iter()
        .filter(|namespace| owned.contains(&namespace.id))
        .map(|namespace| &namespace.path)
        .collect();
    let is_owned =
        |group: &&Namespace| group.path.and_ancestors().any(|path| owned.contains(&path));
    let group = groups.iter().find(|group| !is_owned(group));
    Ok(group.map(|group| group.path.clone()))
}
