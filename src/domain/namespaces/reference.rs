//! Names of groups and projects in requests: an id, a path, or the user whose own namespace it is.

use std::fmt;

use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::{InvalidNamespacePath, NamespacePath};
use crate::domain::users::reference::UserReference;

/// A reference to a namespace, with the kind that it is expected to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceReference {
    expected: ExpectedNamespace,
    key: NamespaceKey,
}

/// The kinds of namespace that a reference may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedNamespace {
    /// A group.
    Group,
    /// A project.
    Project,
    /// A group or a project: both can have members.
    Shared,
    /// A group or a user's own namespace: both can have projects below them.
    Parent,
}

/// The way in which a reference names a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceKey {
    /// The id.
    Id(NamespaceId),
    /// The path.
    Path(NamespacePath),
    /// The user whose own namespace it is.
    Owner(UserReference),
}

impl NamespaceReference {
    /// A reference to the namespace with that id, if the text is a number, or else at that path.
    ///
    /// As in GitLab, a path of digits alone cannot be used: it is read as an id.
    pub fn read(expected: ExpectedNamespace, text: &str) -> Result<Self, InvalidNamespacePath> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let key = match text.parse() {
            Ok(id) if is_number => NamespaceKey::Id(id),
            _ if is_number => return Err(InvalidNamespacePath::of(text)),
            _ => NamespaceKey::Path(NamespacePath::try_from(text)?),
        };
        Ok(Self { expected, key })
    }

    /// A reference to the namespace with that id.
    pub fn of_id(expected: ExpectedNamespace, id: NamespaceId) -> Self {
        Self {
            expected,
            key: NamespaceKey::Id(id),
        }
    }

    /// A reference to the namespace at that path.
    pub fn at(expected: ExpectedNamespace, path: NamespacePath) -> Self {
        Self {
            expected,
            key: NamespaceKey::Path(path),
        }
    }

    /// A reference to a user's own namespace.
    pub fn of_user(owner: UserReference) -> Self {
        Self {
            expected: ExpectedNamespace::Parent,
            key: NamespaceKey::Owner(owner),
        }
    }

    /// A reference to the group or project at that path.
    pub fn shared(path: NamespacePath) -> Self {
        Self::at(ExpectedNamespace::Shared, path)
    }

    /// The kinds of namespace that it may mean.
    pub fn expected(&self) -> ExpectedNamespace {
        self.expected
    }

    /// The way in which it names the namespace.
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

    /// True if a namespace of that kind may be meant.
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
            NamespaceKey::Owner(owner) => owner.fmt(f),
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
