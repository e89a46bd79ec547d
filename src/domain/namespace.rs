//! Groups, projects and users' own namespaces: the places that repositories belong to.

use chrono::{DateTime, Utc};

use super::ids::{NamespaceId, UserId};
use super::namespace_path::NamespacePath;
use super::visibility::Visibility;

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamespaceKind {
    /// It may have groups and projects below it.
    Group,
    /// It has repositories below it and nothing else.
    Project,
    /// A user's own: it bears the user name, and projects may be below it.
    User,
}

impl NamespaceKind {
    /// The kind's name in messages and the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Project => "project",
            Self::User => "user namespace",
        }
    }
}

/// A place that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The number it is named by.
    pub id: NamespaceId,
    /// What kind of place it is.
    pub kind: NamespaceKind,
    /// Where it is.
    pub path: NamespacePath,
    /// Who may see it without being a member.
    pub visibility: Visibility,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A path whose name is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupied {
    /// By what lives there.
    Live(Namespace),
    /// By what was deleted there: closed, until an administrator makes it anew.
    Tombstone,
}

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// The role.
    pub level: super::access_level::AccessLevel,
    /// When the role ends.
    pub expiry: Option<super::expiry::Expiry>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}
