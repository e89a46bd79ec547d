//! Giving a user a role.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::place_for;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Member;
use crate::domain::namespaces::reference::PlaceName;
use crate::domain::users::User;
use crate::storage::{members, users};

/// A role that is to be given.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The group or project.
    pub place: PlaceName,
    /// To whom.
    pub user: UserId,
    /// The role.
    pub level: AccessLevel,
    /// Until when.
    pub expiry: Option<Expiry>,
}

/// What becomes of a role that the user has in that very place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// Then no other is given.
    Refused,
    /// It is replaced.
    Replaced,
}

impl Desk {
    /// Gives a user a role in a group or project.
    #[tracing::instrument(name = "app.add_member", skip_all)]
    pub async fn add_member(
        &self,
        authority: &Authority,
        new: NewMember,
        present: Present,
    ) -> Result<(Member, User), ChangeError> {
        let change = self.begin().await?;
        let standing = place_for(&change, authority, &new.place, change.now()).await?;
        let place = &standing.place;
        let mut grant = authority.give_role(&standing, new.level)?;
        crate::app::members::change::check_expiry(new.expiry, change.now())?;
        let user = users::find(&change, new.user)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &new.user))?;
        let mut since = change.now();
        if let Some(held) = members::find(&change, place.id, user.id, change.now()).await? {
            if present == Present::Refused {
                return Err(ChangeError::AlreadyMember);
            }
            since = held.created_at;
            grant = authority.change_role(&standing, held.role(), new.level)?;
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
