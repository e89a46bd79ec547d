//! Groups, projects and users' own namespaces: the namespaces that repositories belong to.

pub mod filter;
pub mod path;
pub mod reference;
pub mod visibility;

use chrono::{DateTime, Utc};

use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::text::Description;

/// The kind of a namespace.
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

    /// The lowest role that manages it: changes its texts, its members and its deploy tokens
    /// (docs/gitlab-api.md §2.4).
    pub fn manager(self) -> AccessLevel {
        match self {
            Self::Project => AccessLevel::Maintainer,
            Self::Group | Self::User => AccessLevel::Owner,
        }
    }
}

/// A text that says what a group or project is for.
pub type NamespaceDescription = Description<2000>;

/// A namespace that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its id.
    pub id: NamespaceId,
    /// The kind of a namespace.
    pub kind: NamespaceKind,
    /// Its path.
    pub path: NamespacePath,
    /// The name that people read.
    pub name: String,
    /// The description, if it has one.
    pub description: Option<String>,
    /// The visibility, which says who may see it without being a member.
    pub visibility: Visibility,
    /// The namespace that it lies in; none at the top.
    pub parent: Option<NamespaceId>,
    /// The time at which it was made.
    pub created_at: DateTime<Utc>,
}

impl Namespace {
    /// The namespace as it is told to those who may not see it: nothing that somebody wrote about it.
    #[must_use]
    pub fn without_texts(self) -> Self {
        Self {
            name: self.path.name().to_owned(),
            description: None,
            ..self
        }
    }
}

/// A namespace with all that it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceWithAncestors {
    /// The namespace.
    pub namespace: Namespace,
    /// The groups or the user's own namespace that it lies in, nearest first.
    pub ancestors: Vec<Namespace>,
}

/// The reason why a path is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupied {
    /// A namespace lives there.
    Live(Namespace),
    /// A namespace of this kind was deleted there: it stays closed until an administrator makes it anew.
    Tombstone(NamespaceKind),
}
