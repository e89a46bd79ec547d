//! How callers name groups and projects: by id or by path.

use std::fmt;

use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::{InvalidNamespacePath, NamespacePath};

/// The name of a place, and what kind of place is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceName {
    meant: Meant,
    key: PlaceKey,
}

/// What kinds of place a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meant {
    /// A group.
    Group,
    /// A project.
    Project,
    /// A group or a project: what can have members.
    Shared,
    /// A group or a user's own namespace: what can have projects below it.
    Parent,
}

/// By what a place is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceKey {
    /// By its number.
    Id(NamespaceId),
    /// By where it is.
    Path(NamespacePath),
}

impl PlaceName {
    /// The `meant` place with that id, if the text is a number, or at that path.
    ///
    /// As in GitLab, a path of digits alone cannot be named by it: it would be another's id.
    pub fn read(meant: Meant, text: &str) -> Result<Self, InvalidNamespacePath> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let key = match text.parse() {
            Ok(id) if is_number => PlaceKey::Id(id),
            _ if is_number => return Err(InvalidNamespacePath::of(text)),
            _ => PlaceKey::Path(NamespacePath::try_from(text)?),
        };
        Ok(Self { meant, key })
    }

    /// The `meant` place with that id.
    pub fn of_id(meant: Meant, id: NamespaceId) -> Self {
        Self {
            meant,
            key: PlaceKey::Id(id),
        }
    }

    /// The `meant` place at that path.
    pub fn at(meant: Meant, path: NamespacePath) -> Self {
        Self {
            meant,
            key: PlaceKey::Path(path),
        }
    }

    /// The group or project at that path.
    pub fn shared(path: NamespacePath) -> Self {
        Self::at(Meant::Shared, path)
    }

    /// What kinds of place it may mean.
    pub fn meant(&self) -> Meant {
        self.meant
    }

    /// By what the place is named.
    pub fn key(&self) -> &PlaceKey {
        &self.key
    }
}

impl Meant {
    /// The words for it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Project => "project",
            Self::Shared => "group or project",
            Self::Parent => "namespace",
        }
    }

    /// Whether a place of that kind may be meant.
    pub fn includes(self, kind: NamespaceKind) -> bool {
        match self {
            Self::Group => kind == NamespaceKind::Group,
            Self::Project => kind == NamespaceKind::Project,
            Self::Shared => kind != NamespaceKind::User,
            Self::Parent => kind != NamespaceKind::Project,
        }
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            PlaceKey::Id(id) => id.fmt(f),
            PlaceKey::Path(path) => path.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ids_and_all_else_is_a_path() {
        let key = |text: &str| {
            PlaceName::read(Meant::Group, text)
                .map(|name| name.key)
                .ok()
        };
        assert_eq!(key("7"), Some(PlaceKey::Id(NamespaceId(7))));
        let path = |text: &str| Some(PlaceKey::Path(NamespacePath::try_from(text).unwrap()));
        assert_eq!(key("Team/App"), path("team/app"));
        assert_eq!(key("7/app"), path("7/app"));
        for wrong in ["", "-7", "+7", "99999999999999999999", "a//b", "a b", "７"] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}
