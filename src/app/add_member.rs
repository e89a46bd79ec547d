//! Giving a user a role.

use super::desk::Desk;
use super::error::ChangeError;
use super::look_up::shared_place;
use crate::domain::access_level::AccessLevel;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::expiry::Expiry;
use crate::domain::namespace::Member;
use crate::domain::namespace_path::NamespacePath;
use crate::domain::user::User;
use crate::domain::username::Username;
use crate::storage::{members, users};

/// A role that is to be given.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The group or project.
    pub path: NamespacePath,
    /// To whom.
    pub username: Username,
    /// The role.
    pub level: AccessLevel,
    /// Until when.
    pub expiry: Option<Expiry>,
}

impl Desk {
    /// Gives a user a role in a group or project, in place of the one they have there.
    #[tracing::instrument(name = "app.add_member", skip_all)]
    pub async fn add_member(
        &self,
        authority: &Authority,
        new: NewMember,
    ) -> Result<(Member, User), ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let place = shared_place(&change, &new.path).await?;
        let user = users::find_by_username(&change, &new.username)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &new.username))?;
        let member = Member {
            user_id: user.id,
            level: new.level,
            expiry: new.expiry,
            created_at: change.now(),
        };
        members::put(&change, place.id, &member).await?;
        let event = AuditEvent::new(AuditAction::MemberAdded, &place.path);
        change
            .commit(
                &grant,
                event.with_detail(format!("{} as {}", user.username, new.level)),
            )
            .await?;
        Ok((member, user))
    }
}
