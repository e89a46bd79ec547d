//! What lists of groups and projects can be narrowed to.

use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;

/// Which groups or projects are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceFilter {
    /// What kind of namespace.
    pub kind: NamespaceKind,
    /// Only what lies there.
    pub within: Option<Within>,
    /// With this text in their path or name, in any letter case.
    pub search: Option<String>,
    /// Only those with this visibility.
    pub visibility: Option<Visibility>,
    /// Only those that lie in nothing.
    pub top_level_only: bool,
    /// Only where the caller has at least this role.
    pub min_role: Option<AccessLevel>,
    /// All but these.
    pub skip: Vec<NamespaceId>,
    /// Only those with a higher id.
    pub after: Option<NamespaceId>,
    /// Only those with a lower id.
    pub before: Option<NamespaceId>,
    /// None at all: what is wanted is a kind of namespace that there is none of.
    pub nothing: bool,
    /// In which order.
    pub sort: NamespaceSort,
}

/// Below what namespaces are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// Directly below the namespace with this id.
    Children(NamespaceId),
    /// Anywhere below this path.
    Below(NamespacePath),
}

/// What groups and projects are sorted by, and whether the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceSort {
    /// By what.
    pub key: NamespaceSortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What groups and projects can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceSortKey {
    /// By id.
    Id,
    /// By the name people read.
    Name,
    /// By path.
    Path,
    /// When they were made.
    Created,
}

impl NamespaceFilter {
    /// All of a kind, by id.
    pub fn all(kind: NamespaceKind) -> Self {
        Self {
            kind,
            within: None,
            search: None,
            visibility: None,
            top_level_only: false,
            min_role: None,
            skip: Vec::new(),
            after: None,
            before: None,
            nothing: false,
            sort: NamespaceSort {
                key: NamespaceSortKey::Id,
                descending: false,
            },
        }
    }
}
