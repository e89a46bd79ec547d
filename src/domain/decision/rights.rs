//! The namespaces that a request is about, and the caller's roles there.

use std::collections::BTreeMap;

use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::registry::repository_name::RepositoryName;

/// The paths above the requested repositories, and the caller's memberships there.
///
/// Nothing that exists on those paths may be missing, and no membership in it may have ended. The paths are parts of the names of
/// these repositories, and not copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights<'a>(BTreeMap<&'a str, PathFacts>);

/// The facts about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct PathFacts {
    namespace: Option<NamespaceState>,
    /// The caller's role there.
    level: Option<AccessLevel>,
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

/// The facts about a repository, from its path and those above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepositoryFacts<'a> {
    /// The namespace to which it belongs, with its path: the one with the longest path that is a prefix.
    pub namespace: Option<(&'a str, NamespaceState)>,
    /// The caller's highest role, its own or inherited; the nearest of equals.
    pub role: Option<Role<'a>>,
}

impl<'a> Rights<'a> {
    /// Notes the namespace at `path`.
    pub fn add_namespace(&mut self, path: &'a str, namespace: NamespaceState) {
        self.path(path).namespace = Some(namespace);
    }

    /// Notes that the caller is a member at `path`.
    pub fn add_membership(&mut self, path: &'a str, level: AccessLevel) {
        let held = &mut self.path(path).level;
        *held = Some(level).max(*held);
    }

    /// The facts about `repository`.
    pub fn at<'b>(&self, repository: &'b RepositoryName) -> RepositoryFacts<'b> {
        let mut facts = RepositoryFacts::default();
        for path in repository.prefixes() {
            let Some(at) = self.0.get(path) else {
                continue;
            };
            let namespace = at.namespace.map(|namespace| (path, namespace));
            facts.namespace = facts.namespace.or(namespace);
            if at.level > facts.role.map(|role| role.level) {
                facts.role = at.level.map(|level| Role {
                    level,
                    given_at: path,
                });
            }
        }
        facts
    }

    fn path(&mut self, path: &'a str) -> &mut PathFacts {
        self.0.entry(path).or_default()
    }
}
