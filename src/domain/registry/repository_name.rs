//! The name of a repository in a registry.

use std::fmt;
use std::sync::Arc;

use crate::domain::namespaces::path::MAX_LEVELS;
use crate::domain::registry::component::{MAX_NAME_LENGTH, is_path};

/// A well-formed repository name: `[host[:port]/]component(/component)*` (docs/protocol.md §1.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(Arc<str>);

/// A text that is not a repository name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a repository name is lower-case letters, digits and separators (`.`, `_`, `__`, `-`) between them, \
     in parts joined by `/`, at most 255 characters"
)]
pub struct InvalidRepositoryName;

impl RepositoryName {
    /// The name as the registry writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The paths of all namespaces to which it may belong, longest first: the name itself and every shorter
    /// prefix that ends at a `/`, but none with more levels than a path can have.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        let levels = 1 + self.0.bytes().filter(|&byte| byte == b'/').count();
        let prefixes = std::iter::successors(Some(&*self.0), |path| {
            let end = path.bytes().rposition(|byte| byte == b'/');
            end.and_then(|end| path.get(..end))
        });
        prefixes.skip(levels.saturating_sub(MAX_LEVELS))
    }
}

impl TryFrom<&str> for RepositoryName {
    type Error = InvalidRepositoryName;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let is_after_host = || {
            let parts = text.split_once('/');
            parts.is_some_and(|(host, path)| is_host(host) && is_path(path))
        };
        if text.len() <= MAX_NAME_LENGTH && (is_path(text) || is_after_host()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRepositoryName)
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// True if `text` is `host[.host]*[:port]`; the port brings the one colon that a name may have.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let is_label = |label: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label)
        && (1..=5).contains(&port.len())
        && port.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_host_are_read() {
        for good in [
            "a",
            "team/app",
            "host.example:5000/team/app",
            "Host.Example/team",
            "a/b/c/d",
        ] {
            assert!(RepositoryName::try_from(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            "A",
            "a/B",
            "a/h:1/b",
            "a/B/c",
            "host.example:5000",
            "host.example:5000/",
            "host.example:5000/B",
            "h:/a",
            "h:123456/a",
            "../a",
            "a b",
        ] {
            assert!(RepositoryName::try_from(bad).is_err(), "{bad}");
        }
        assert!(RepositoryName::try_from("a".repeat(256).as_str()).is_err());
    }

    #[test]
    fn prefixes_end_at_slashes_and_come_longest_first() {
        let name = RepositoryName::try_from("team/app/cache").unwrap();
        let prefixes: Vec<_> = name.prefixes().collect();
        assert_eq!(prefixes, ["team/app/cache", "team/app", "team"]);
        let deep = RepositoryName::try_from(["a"; 100].join("/").as_str()).unwrap();
        let prefixes: Vec<_> = deep.prefixes().collect();
        assert_eq!((prefixes.len(), prefixes[0].len()), (MAX_LEVELS, 39));
    }
}
