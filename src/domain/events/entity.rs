//! The users, groups and projects that events belong to: those whose Owners may read them.

use crate::domain::namespaces::NamespaceKind;

/// The user, group or project that an event belongs to, such as the owner of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEntity {
    /// The kind of thing.
    pub kind: EntityKind,
    /// The id among things of that kind.
    pub id: i64,
    /// The path that it had, or the user name; none if only the id was known.
    pub path: Option<String>,
}

/// The kind of thing that an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A project.
    Project,
}

impl EntityKind {
    /// Each kind.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Project];

    /// The name in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Project => "project",
        }
    }

    /// The name in GitLab's API.
    pub fn title(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Project => "Project",
        }
    }
}

impl From<NamespaceKind> for EntityKind {
    /// A user's own namespace, which no event is about, would count as a group.
    fn from(kind: NamespaceKind) -> Self {
        match kind {
            NamespaceKind::Project => Self::Project,
            NamespaceKind::Group | NamespaceKind::User => Self::Group,
        }
    }
}
