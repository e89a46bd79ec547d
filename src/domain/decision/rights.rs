//! The namespaces that a request is about, and the caller's roles there.

use std::collections::BTreeMap;

use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::registry::repository_name::RepositoryName;

/// The paths above the requested repositories, and the caller's memberships there.
///
/// Nothing that exists on those paths may be missing, and no membership in it may have ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    namespaces: BTreeMap<String, NamespaceState>,
    memberships: BTreeMap<String, AccessLevel>,
}

/// The state of the namespace at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamespaceState {
    /// A group, a project or a user's own namespace.
    Live(Visibility),
    /// A deleted namespace: closed to all but administrators.
    Tombstone,
}

/// A role, and the path on which it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role<'a> {
    /// The role.
    pub level: AccessLevel,
    /// The path of the namespace in which the caller is a member.
    pub given_at: &'a str,
}

impl Rights {
    /// Notes the namespace at `path`.
    pub fn add_namespace(&mut self, path: &str, namespace: NamespaceState) {
        match self.namespaces.get_mut(path) {
            Some(known) => *known = namespace,
            None => {
                self.namespaces.insert(path.to_owned(), namespace);
            }
        }
    }

    /// Notes that the caller is a member at `path`.
    pub fn add_membership(&mut self, path: &str, level: AccessLevel) {
        match self.memberships.get_mut(path) {
            Some(held) => *held = level.max(*held),
            None => {
                self.memberships.insert(path.to_owned(), level);
            }
        }
    }

    /// The state of the namespace to which `repository` belongs: the one with the longest path that is a prefix.
    pub fn state_at(&self, repository: &RepositoryName) -> Option<NamespaceState> {
        self.found(repository).map(|(_, namespace)| namespace)
    }

    /// The namespace to which `repository` belongs, with its path.
    pub fn found<'a>(&self, repository: &'a RepositoryName) -> Option<(&'a str, NamespaceState)> {
        repository.prefixes().find_map(|path| {
            self.namespaces
                .get(path)
                .map(|&namespace| (path, namespace))
        })
    }

    /// The caller's highest role for `repository`, its own or inherited; the nearest of equals.
    pub fn role_for<'a>(&self, repository: &'a RepositoryName) -> Option<Role<'a>> {
        let mut best: Option<Role<'a>> = None;
        for path in repository.prefixes() {
            if let Some(&level) = self.memberships.get(path)
                && best.is_none_or(|role| level > role.level)
            {
                best = Some(Role {
                    level,
                    given_at: path,
                });
            }
        }
        best
    }
}
