//! The name with which a user signs in.

use std::fmt;
use std::sync::Arc;

use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::component::is_component;

/// A user name: one valid repository component, because everyone owns the namespace that bears it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(Arc<str>);

/// Longest user name, in characters; GitLab's limit.
const MAX_LENGTH: usize = 255;

/// A text that is not a user name; its words do not repeat it, which may be a secret in the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user name is 1 to 255 letters and digits, with `.`, `_`, `__` or `-` between them")]
pub struct InvalidUsername;

impl Username {
    /// The name in its stored, lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace that this user owns.
    pub fn namespace(&self) -> NamespacePath {
        NamespacePath::top_level(&self.0)
    }
}

impl TryFrom<&str> for Username {
    type Error = InvalidUsername;

    /// Reads a name in any letter case.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let name = text.to_ascii_lowercase();
        if name.len() <= MAX_LENGTH && is_component(&name) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidUsername)
        }
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
