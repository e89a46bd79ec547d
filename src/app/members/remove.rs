//! Taking a user's role away.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::members::find::direct_member;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::namespaces::Standing;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::UserId;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::storage::{Change, members, namespaces};

/// What becomes of the roles that the user has below the group.
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
        (name, user): (&NamespaceReference, UserId),
        below: RolesBelow,
    ) -> Result<(), ChangeError> {
        let change = self.begin().await?;
        let standing = namespace_for(&change, authority, name, change.now()).await?;
        let namespace = &standing.namespace;
        let (held, user) = direct_member(&change, namespace, user, change.now()).await?;
        let grant = authority.take_role(&standing, &held)?;
        keep_an_owner(&change, authority, &standing, Some(&held)).await?;
        members::remove(&change, namespace.id, user.id).await?;
        if below == RolesBelow::Removed {
            let below = namespaces::live_below(&change, namespace.id).await?;
            let ids: Vec<_> = below.iter().map(|namespace| namespace.id).collect();
            members::remove_from(&change, &ids, user.id).await?;
        }
        let event = AuditEvent::new(AuditAction::MemberRemoved, &namespace.path)
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
    if authority.is_administrator() || standing.namespace.kind != NamespaceKind::Group {
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
