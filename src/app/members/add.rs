//! Giving a user a role.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::User;
use crate::storage::{members, users};

/// A role that is to be given.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The group or project.
    pub namespace: NamespaceReference,
    /// To whom.
    pub user: UserId,
    /// The role.
    pub level: AccessLevel,
    /// Until when.
    pub expiry: Option<Expiry>,
}

/// What happens if the user has a role in that very namespace already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMember {
    /// The other role is refused.
    Refuse,
    /// The other role takes its place.
    Replace,
}

impl Desk {
    /// Gives a user a role in a group or project.
    #[tracing::instrument(name = "app.add_member", skip_all)]
    pub async fn add_member(
        &self,
        authority: &Authority,
        new: NewMember,
        if_member: IfMember,
    ) -> Result<(Member, User), ChangeError> {
        let change = self.begin().await?;
        let standing = namespace_for(&change, authority, &new.namespace, change.now()).await?;
        let namespace = &standing.namespace;
        let mut grant = authority.give_role(&standing, new.level)?;
        crate::app::members::change::check_expiry(new.expiry, change.now())?;
        let user = users::find(&change, new.user)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &new.user))?;
        let mut since = change.now();
        if let Some(held) = members::find(&change, namespace.id, user.id, change.now()).await? {
            if if_member == IfMember::Refuse {
                return Err(ChangeError::AlreadyMember);
            }
            since = held.created_at;
            grant = authority.change_role(&standing, &held, new.level)?;
            let lowered = (held.level > new.level).then_some(&held);
            crate::app::members::remove::keep_an_owner(&change, authority, &standing, lowered)
                .await?;
        }
        let member = Member {
            user_id: user.id,
            level: new.level,
            expiry: new.expiry,
            created_at: since,
        };
        members::put(&change, namespace.id, &member).await?;
        let event = AuditEvent::new(AuditAction::MemberAdded, &namespace.path);
        change
            .commit(
                &grant,
                event.with_detail(format!("{} as {}", user.username, new.level)),
            )
            .await?;
        Ok((member, user))
    }
}
