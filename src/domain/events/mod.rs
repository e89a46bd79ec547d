//! Events: the record of every change, for the audit log and for those who keep copies.

pub mod detail;
pub mod origin;
pub mod subject;

use detail::Detail;
use subject::Subject;

/// One entry of the audit log; never with a secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The kind of change.
    pub action: EventAction,
    /// The thing that was changed.
    pub subject: Subject,
    /// The values that changed, and what changed along with them.
    pub detail: Detail,
}

impl Event {
    /// An event about `subject`.
    pub fn new(action: EventAction, subject: impl Into<Subject>, detail: Detail) -> Self {
        Self {
            action,
            subject: subject.into(),
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
    /// A user got a new password.
    PasswordChanged,
    /// A password was hashed anew, with today's parameters.
    PasswordRehashed,
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
    /// A user got a role, or another one.
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
    /// A group or project got a deploy token.
    DeployTokenCreated,
    /// A deploy token was revoked.
    DeployTokenRevoked,
    /// A login by password got a refresh token.
    RefreshTokenCreated,
    /// A refresh token was revoked.
    RefreshTokenRevoked,
    /// An empty database was filled from a backup.
    DatabaseRestored,
}

impl EventAction {
    /// The name in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::UserChanged => "user.changed",
            Self::UserDeleted => "user.deleted",
            Self::UserBlocked => "user.blocked",
            Self::UserUnblocked => "user.unblocked",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordRehashed => "user.password_rehashed",
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
            Self::DeployTokenCreated => "deploy_token.created",
            Self::DeployTokenRevoked => "deploy_token.revoked",
            Self::RefreshTokenCreated => "refresh_token.created",
            Self::RefreshTokenRevoked => "refresh_token.revoked",
            Self::DatabaseRestored => "database.restored",
        }
    }
}
