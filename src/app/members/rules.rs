//! Rules that hold for every change of a role.

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::domain::authority::Refusal;
use crate::domain::authority::namespaces::Standing;
use crate::domain::expiry::{Expiry, outlasts};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::{LastingRole, Member};
use crate::domain::namespaces::NamespaceKind;
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
/// it: nobody but administrators could manage the group any more. They may, and so may the command line.
pub(super) async fn keep_an_owner(
    change: &Change,
    standing: &Standing,
    held: &Member,
    left: Option<LastingRole>,
) -> Result<(), DeskError> {
    let is_kept =
        left.is_some_and(|left| left.level >= held.level && !outlasts(held.expiry, left.expiry));
    if held.level != AccessLevel::Owner || is_kept {
        return Ok(());
    }
    if change.authority().is_administrator() || standing.namespace.kind != NamespaceKind::Group {
        return Ok(());
    }
    let above = namespaces::and_ancestors(change, &standing.namespace).await?;
    let ids: Vec<_> = above.iter().map(|namespace| namespace.id).collect();
    if members::another_owner(change, &ids, held.user_id).await? {
        Ok(())
    } else {
        Err(Refusal::LastOwner.into())
    }
}
