//! Filters and orders of lists of groups and projects.

use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::page::IdBounds;

/// A filter for groups or projects; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceFilter {
    /// The kinds of namespace.
    pub kinds: Vec<NamespaceKind>,
    /// Only namespaces within this one.
    pub within: Option<Within>,
    /// Only those with this text in their name or the last part of their path, in any letter case.
    pub search: Option<String>,
    /// True if the text may also be in the rest of the path, or across its parts.
    pub search_whole_path: bool,
    /// Only those with this visibility.
    pub visibility: Option<Visibility>,
    /// Only those at the top.
    pub top_level_only: bool,
    /// Only those in which the caller has at least this role.
    pub min_role: Option<AccessLevel>,
    /// All but these.
    pub skip: Vec<NamespaceId>,
    /// Only those whose ids are within these.
    pub ids: IdBounds,
    /// No namespace at all: a kind is wanted that does not exist here.
    pub nothing: bool,
    /// The order of the list.
    pub sort: NamespaceSort,
}

/// The namespaces below another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// Directly below the namespace with this id.
    Children(NamespaceId),
    /// Anywhere below this path.
    Below(NamespacePath),
}

/// An order of groups and projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceSort {
    /// The value that decides.
    pub key: NamespaceSortKey,
    /// True if the largest comes first.
    pub descending: bool,
}

/// A value by which groups and projects can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceSortKey {
    /// The id.
    Id,
    /// The name that people read.
    Name,
    /// The path.
    Path,
    /// The time of making.
    Created,
}

impl NamespaceFilter {
    /// All of a kind, by id.
    pub fn all(kind: NamespaceKind) -> Self {
        Self {
            kinds: vec![kind],
            within: None,
            search: None,
            search_whole_path: false,
            visibility: None,
            top_level_only: false,
            min_role: None,
            skip: Vec::new(),
            ids: IdBounds::default(),
            nothing: false,
            sort: NamespaceSort {
                key: NamespaceSortKey::Id,
                descending: false,
            },
        }
    }
}
