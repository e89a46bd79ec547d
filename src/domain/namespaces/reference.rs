//! How callers name groups and projects: by id or by path.

use std::fmt;

use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::{InvalidNamespacePath, NamespacePath};

/// The name of a namespace, and what kind of namespace is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceReference {
    expected: ExpectedNamespace,
    key: NamespaceKey,
}

/// What kinds of namespace a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedNamespace {
    /// A group.
    Group,
    /// A project.
    Project,
    /// A group or a project: what can have members.
    Shared,
    /// A group or a user's own namespace: what can have projects below it.
    Parent,
}

/// By what a namespace is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceKey {
    /// By its number.
    Id(NamespaceId),
    /// By where it is.
    Path(NamespacePath),
}

impl NamespaceReference {
    /// The `meant` namespace with that id, if the text is a number, or at that path.
    ///
    /// As in GitLab, a path of digits alone cannot be named by it: it would be another's id.
    pub fn read(expected: ExpectedNamespace, text: &str) -> Result<Self, InvalidNamespacePath> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let key = match text.parse() {
            Ok(id) if is_number => NamespaceKey::Id(id),
            _ if is_number => return Err(InvalidNamespacePath::of(text)),
            _ => NamespaceKey::Path(NamespacePath::try_from(text)?),
        };
        Ok(Self { expected, key })
    }

    /// The `meant` namespace with that id.
    pub fn of_id(expected: ExpectedNamespace, id: NamespaceId) -> Self {
        Self {
            expected,
            key: NamespaceKey::Id(id),
        }
    }

    /// The `meant` namespace at that path.
    pub fn at(expected: ExpectedNamespace, path: NamespacePath) -> Self {
        Self {
            expected,
            key: NamespaceKey::Path(path),
        }
    }

    /// The group or project at that path.
    pub fn shared(path: NamespacePath) -> Self {
        Self::at(ExpectedNamespace::Shared, path)
    }

    /// What kinds of namespace it may mean.
    pub fn expected(&self) -> ExpectedNamespace {
        self.expected
    }

    /// By what the namespace is named.
    pub fn key(&self) -> &NamespaceKey {
        &self.key
    }
}

impl ExpectedNamespace {
    /// The words for it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Project => "project",
            Self::Shared => "group or project",
            Self::Parent => "namespace",
        }
    }

    /// Whether a namespace of that kind may be meant.
    pub fn includes(self, kind: NamespaceKind) -> bool {
        match self {
            Self::Group => kind == NamespaceKind::Group,
            Self::Project => kind == NamespaceKind::Project,
            Self::Shared => kind != NamespaceKind::User,
            Self::Parent => kind != NamespaceKind::Project,
        }
    }
}

impl fmt::Display for NamespaceReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            NamespaceKey::Id(id) => id.fmt(f),
            NamespaceKey::Path(path) => path.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ids_and_all_else_is_a_path() {
        let key = |text: &str| {
            NamespaceReference::read(ExpectedNamespace::Group, text)
                .map(|name| name.key)
                .ok()
        };
        assert_eq!(key("7"), Some(NamespaceKey::Id(NamespaceId(7))));
        let path = |text: &str| Some(NamespaceKey::Path(NamespacePath::try_from(text).unwrap()));
        assert_eq!(key("Team/App"), path("team/app"));
        assert_eq!(key("7/app"), path("7/app"));
        for wrong in ["", "-7", "+7", "99999999999999999999", "a//b", "a b", "７"] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}
