//! Taking a user's role away.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::members::find::direct_member;
use crate::app::namespaces::find::place_for;
use crate::domain::authority::namespaces::Standing;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::reference::PlaceName;
use crate::domain::namespaces::{Member, NamespaceKind};
use crate::storage::{Change, members, namespaces};

/// What becomes of the roles that the user has below the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
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
        (name, user): (&PlaceName, UserId),
        below: Below,
    ) -> Result<(), ChangeError> {
        let change = self.begin().await?;
        let standing = place_for(&change, authority, name, change.now()).await?;
        let place = &standing.place;
        let (held, user) = direct_member(&change, place, user, change.now()).await?;
        let grant = authority.take_role(&standing, held.role())?;
        keep_an_owner(&change, authority, &standing, Some(&held)).await?;
        members::remove(&change, place.id, user.id).await?;
        if below == Below::Removed {
            let below = namespaces::live_below(&change, place.id).await?;
            let ids: Vec<_> = below.iter().map(|place| place.id).collect();
            members::remove_from(&change, &ids, user.id).await?;
        }
        let event = AuditEvent::new(AuditAction::MemberRemoved, &place.path)
            .with_detail(user.username.as_str());
        change.commit(&grant, event).await?;
        Ok(())
    }
}

/// Refuses to take the role `lost` from the last owner of a group, its own or inherited: nobody but
/// administrators could manage it any more. They may, and so may the command line.
pub(in crate::app) async fn keep_an_owner(
    change: &Change,
    authority: &Authority,
    standing: &Standing,
    lost: Option<&Member>,
) -> Result<(), ChangeError> {
    let Some(owner) = lost.filter(|member| member.level == AccessLevel::Owner) else {
        return Ok(());
    };
    if authority.is_administrator() || standing.place.kind != NamespaceKind::Group {
        return Ok(());
    }
    let above = namespaces::and_ancestors(change, &standing.place).await?;
    let ids: Vec<_> = above.iter().map(|place| place.id).collect();
    if members::another_owner(change, &ids, owner.user_id).await? {
        Ok(())
    } else {
        Err(Refusal::LastOwner.into())
    }
}
