//! The groups and projects in which somebody has a role.

use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Namespace;

/// A group or project in which somebody has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The group or project.
    pub namespace: Namespace,
    /// The role that was given there.
    pub direct: Option<AccessLevel>,
    /// The highest role that was given above it.
    pub inherited: Option<AccessLevel>,
}

/// All groups and projects in which somebody has a role, or a page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Associations {
    /// The groups.
    pub groups: Vec<Association>,
    /// The projects.
    pub projects: Vec<Association>,
    /// True if one of the two goes on after this page.
    pub has_rest: bool,
}

impl Association {
    /// The role that counts: the highest.
    pub fn level(&self) -> AccessLevel {
        self.direct
            .max(self.inherited)
            .unwrap_or(AccessLevel::Guest)
    }
}
