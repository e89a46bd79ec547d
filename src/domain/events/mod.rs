//! What is written down about every change.

use crate::domain::users::username::Username;

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The service itself, at its first start.
    Service,
    /// Whoever runs the command line, and so has the database's files or address in hand.
    Operator,
    /// A signed-in user.
    User(Username),
}

impl Actor {
    /// The name in the audit log; the first two cannot be user names.
    pub fn name(&self) -> &str {
        match self {
            Self::Service => "(service)",
            Self::Operator => "(operator)",
            Self::User(username) => username.as_str(),
        }
    }
}

/// Proof that someone may make a change: no change is committed without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    actor: Actor,
}

impl Grant {
    /// The service may set itself up.
    pub fn service() -> Self {
        Self {
            actor: Actor::Service,
        }
    }

    /// Only an [`Authority`](crate::domain::authority::Authority) that was asked gives a grant to others.
    pub(super) fn to(actor: Actor) -> Self {
        Self { actor }
    }

    /// Whose it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// A user was made.
    UserCreated,
    /// A user has another name, address or rights.
    UserChanged,
    /// A user was deleted, with what was theirs.
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
    /// A group or project is shown to others than before.
    VisibilityChanged,
    /// A group or project has another name or description.
    NamespaceChanged,
    /// A group was deleted, with what was below it.
    GroupDeleted,
    /// A project was deleted.
    ProjectDeleted,
    /// A user got a role, or another one.
    MemberAdded,
    /// A user's role is another one, or ends at another time.
    MemberChanged,
    /// A user lost a role.
    MemberRemoved,
    /// A personal access token was made.
    TokenCreated,
    /// A personal access token was renamed, described, shortened or narrowed.
    TokenChanged,
    /// Another token took the place of a personal access token.
    TokenRotated,
    /// A personal access token was revoked.
    TokenRevoked,
    /// A revoked token was presented for rotation: its family was revoked.
    TokenReused,
    /// A group or project got a deploy token.
    DeployTokenCreated,
    /// A deploy token was revoked.
    DeployTokenRevoked,
    /// A login by password got a refresh token.
    RefreshTokenCreated,
    /// A refresh token was revoked.
    RefreshTokenRevoked,
}

impl AuditAction {
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
            Self::TokenCreated => "token.created",
            Self::TokenChanged => "token.changed",
            Self::DeployTokenCreated => "deploy_token.created",
            Self::DeployTokenRevoked => "deploy_token.revoked",
            Self::RefreshTokenCreated => "refresh_token.created",
            Self::RefreshTokenRevoked => "refresh_token.revoked",
            Self::TokenRotated => "token.rotated",
            Self::TokenRevoked => "token.revoked",
            Self::TokenReused => "token.reused",
        }
    }
}

/// One line of the audit log; never with a secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// What was changed.
    pub action: AuditAction,
    /// The user name, path or token id that it was done to.
    pub target: String,
    /// What else is worth knowing, for people.
    pub detail: String,
}

impl AuditEvent {
    /// An event that says all by its action and target.
    pub fn new(action: AuditAction, target: &impl ToString) -> Self {
        Self {
            action,
            target: target.to_string(),
            detail: String::new(),
        }
    }

    /// With a remark.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }
}
