//! Events: the record of every change, for the audit log and for those who keep copies.

pub mod about;
pub mod detail;
pub mod entity;
pub mod filter;
pub mod listed;
pub mod observation;
pub mod origin;
pub mod room;
pub mod stored;
pub mod subject;

use about::About;
use detail::Detail;
use entity::EventEntity;
use subject::Subject;

/// One entry of the audit log; never with a secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The kind of change.
    pub action: EventAction,
    /// The thing that was changed.
    pub subject: Subject,
    /// The user, group or project that it belongs to; none if that is not known.
    pub entity: Option<EventEntity>,
    /// The values that changed, and what changed along with them.
    pub detail: Detail,
}

impl Event {
    /// An event about a thing.
    pub fn new(action: EventAction, about: impl Into<About>, detail: Detail) -> Self {
        let About { subject, entity } = about.into();
        Self {
            action,
            subject,
            entity,
            detail,
        }
    }
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventAction {
    /// A user was made.
    UserCreated,
    /// A user has another name, address or rights.
    UserChanged,
    /// A user was deleted, with everything that belonged to them.
    UserDeleted,
    /// A user may no longer sign in.
    UserBlocked,
    /// A user may sign in again.
    UserUnblocked,
    /// A user signed in with their password.
    UserSignedIn,
    /// A login of a user was refused.
    SignInRefused,
    /// A user got a new password.
    PasswordChanged,
    /// A password was hashed anew, with today's parameters.
    PasswordRehashed,
    /// A user was given the secret of a second factor, which they have yet to confirm.
    TwoFactorBegun,
    /// A user turned on two-factor authentication.
    TwoFactorEnabled,
    /// A user turned off two-factor authentication.
    TwoFactorDisabled,
    /// An administrator turned off the two-factor authentication of a user.
    TwoFactorReset,
    /// A user with a second factor showed their password on the pages, and was asked for a code.
    SecondFactorAsked,
    /// A user showed a recovery code, which is used up.
    RecoveryCodeUsed,
    /// A group was made.
    GroupCreated,
    /// A project was made.
    ProjectCreated,
    /// A group or project is visible to others than before.
    VisibilityChanged,
    /// A group or project has another name or description.
    NamespaceChanged,
    /// A group was deleted, with everything below it.
    GroupDeleted,
    /// A project was deleted.
    ProjectDeleted,
    /// A user got a role.
    MemberAdded,
    /// A member's role is another one, or ends at another time.
    MemberChanged,
    /// A user lost a role.
    MemberRemoved,
    /// A personal access token was made.
    AccessTokenCreated,
    /// A personal access token was renamed, described, shortened or narrowed.
    AccessTokenChanged,
    /// Another token replaced a personal access token.
    AccessTokenRotated,
    /// A personal access token was revoked.
    AccessTokenRevoked,
    /// A revoked token was presented for rotation: its family was revoked.
    AccessTokenReused,
    /// A personal access token that ended was presented, or that of a blocked user.
    AccessTokenRefused,
    /// A personal access token was used from an address that is new for it.
    AccessTokenUsedFromNewAddress,
    /// A group or project got a deploy token.
    DeployTokenCreated,
    /// A deploy token was revoked.
    DeployTokenRevoked,
    /// A deploy token that ended was presented.
    DeployTokenRefused,
    /// A login by password got a refresh token.
    RefreshTokenCreated,
    /// A refresh token was revoked.
    RefreshTokenRevoked,
    /// A refresh token that ended was presented, or one for another service.
    RefreshTokenRefused,
    /// A session on the web pages was ended before its time.
    SessionEnded,
    /// An empty database was filled from a backup.
    DatabaseRestored,
}

impl EventAction {
    /// Each kind.
    pub const ALL: [Self; 39] = [
        Self::UserCreated,
        Self::UserChanged,
        Self::UserDeleted,
        Self::UserBlocked,
        Self::UserUnblocked,
        Self::UserSignedIn,
        Self::SignInRefused,
        Self::PasswordChanged,
        Self::PasswordRehashed,
        Self::TwoFactorBegun,
        Self::TwoFactorEnabled,
        Self::TwoFactorDisabled,
        Self::TwoFactorReset,
        Self::SecondFactorAsked,
        Self::RecoveryCodeUsed,
        Self::GroupCreated,
        Self::ProjectCreated,
        Self::VisibilityChanged,
        Self::NamespaceChanged,
        Self::GroupDeleted,
        Self::ProjectDeleted,
        Self::MemberAdded,
        Self::MemberChanged,
        Self::MemberRemoved,
        Self::AccessTokenCreated,
        Self::AccessTokenChanged,
        Self::AccessTokenRotated,
        Self::AccessTokenRevoked,
        Self::AccessTokenReused,
        Self::AccessTokenRefused,
        Self::AccessTokenUsedFromNewAddress,
        Self::DeployTokenCreated,
        Self::DeployTokenRevoked,
        Self::DeployTokenRefused,
        Self::RefreshTokenCreated,
        Self::RefreshTokenRevoked,
        Self::RefreshTokenRefused,
        Self::SessionEnded,
        Self::DatabaseRestored,
    ];

    /// The name in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserChanged => "user.changed",
            Self::UserDeleted => "user.deleted",
            Self::UserBlocked => "user.blocked",
            Self::UserUnblocked => "user.unblocked",
            Self::UserSignedIn => "user.signed_in",
            Self::SignInRefused => "user.sign_in_refused",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordRehashed => "user.password_rehashed",
            Self::TwoFactorBegun => "user.two_factor_begun",
            Self::TwoFactorEnabled => "user.two_factor_enabled",
            Self::TwoFactorDisabled => "user.two_factor_disabled",
            Self::TwoFactorReset => "user.two_factor_reset",
            Self::SecondFactorAsked => "user.second_factor_asked",
            Self::RecoveryCodeUsed => "user.recovery_code_used",
            Self::GroupCreated => "group.created",
            Self::ProjectCreated => "project.created",
            Self::VisibilityChanged => "namespace.visibility_changed",
            Self::NamespaceChanged => "namespace.changed",
            Self::GroupDeleted => "group.deleted",
            Self::ProjectDeleted => "project.deleted",
            Self::MemberAdded => "member.added",
            Self::MemberChanged => "member.changed",
            Self::MemberRemoved => "member.removed",
            Self::AccessTokenCreated => "access_token.created",
            Self::AccessTokenChanged => "access_token.changed",
            Self::AccessTokenRotated => "access_token.rotated",
            Self::AccessTokenRevoked => "access_token.revoked",
            Self::AccessTokenReused => "access_token.reused",
            Self::AccessTokenRefused => "access_token.refused",
            Self::AccessTokenUsedFromNewAddress => "access_token.used_from_new_address",
            Self::DeployTokenCreated => "deploy_token.created",
            Self::DeployTokenRevoked => "deploy_token.revoked",
            Self::DeployTokenRefused => "deploy_token.refused",
            Self::RefreshTokenCreated => "refresh_token.created",
            Self::RefreshTokenRevoked => "refresh_token.revoked",
            Self::RefreshTokenRefused => "refresh_token.refused",
            Self::SessionEnded => "session.ended",
            Self::DatabaseRestored => "database.restored",
        }
    }
}

/// A text that is no kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no kind of event; there are {}", EventAction::ALL.map(EventAction::name).join(", "))]
pub struct UnknownEventAction;

impl TryFrom<&str> for EventAction {
    type Error = UnknownEventAction;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.name() == text)
            .ok_or(UnknownEventAction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_as_they_were_written() {
        for (place, action) in EventAction::ALL.into_iter().enumerate() {
            assert_eq!(EventAction::try_from(action.name()), Ok(action));
            assert!(!EventAction::ALL[..place].contains(&action));
        }
        assert!(EventAction::try_from("user").is_err());
    }
}
