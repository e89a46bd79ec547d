//! Rules that hold for every change of a role.

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::domain::authority::Refusal;
use crate::domain::authority::namespaces::Standing;
use crate::domain::expiry::Expiry;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
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

/// Refuses to take the role `lost` from the last owner of a group, its own or inherited: nobody but
/// administrators could manage it any more. They may, and so may the command line.
pub(super) async fn keep_an_owner(
    change: &Change,
    standing: &Standing,
    lost: Option<&Member>,
) -> Result<(), DeskError> {
    let Some(owner) = lost.filter(|member| member.level == AccessLevel::Owner) else {
        return Ok(());
    };
    if change.authority().is_administrator() || standing.namespace.kind != NamespaceKind::Group {
        return Ok(());
    }
    let above = namespaces::and_ancestors(change, &standing.namespace).await?;
    let ids: Vec<_> = above.iter().map(|namespace| namespace.id).collect();
    if members::another_owner(change, &ids, owner.user_id).await? {
        Ok(())
    } else {
        Err(Refusal::LastOwner.into())
    }
}
