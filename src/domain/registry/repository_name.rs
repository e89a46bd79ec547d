//! The name of a repository in a registry.

use std::sync::Arc;
use std::{fmt, iter};

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
        let prefixes = iter::successors(Some(&*self.0), |path| {
            let end = path.bytes().rposition(|byte| byte == b'/');
            end.and_then(|end| path.get(..end))
        });
        prefixes.skip(levels.saturating_sub(MAX_LEVELS))
    }

    /// The prefixes of all `names`. What a name has in common with the one before it is left out; other repetitions stay.
    pub fn prefixes_of<'a>(names: &[&'a Self]) -> impl Iterator<Item = &'a str> {
        let before = iter::once(None).chain(names.iter().map(Some));
        before.zip(names).flat_map(|(before, name)| {
            // The prefixes above a common one are common too.
            let is_new = move |path: &&str| before.is_none_or(|before| !before.is_in(path));
            name.prefixes().take_while(is_new)
        })
    }

    /// True if `path` is the name itself, or a shorter prefix that ends at a `/`.
    pub fn is_in(&self, path: &str) -> bool {
        let rest = self.0.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
    use std::collections::BTreeSet;

    use proptest::prelude::*;

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

    #[test]
    fn a_name_is_in_its_prefixes_and_nowhere_else() {
        let name = RepositoryName::try_from("team/app/cache").unwrap();
        assert!(name.prefixes().all(|path| name.is_in(path)));
        for elsewhere in [
            "",
            "t",
            "team/",
            "team/ap",
            "team/app/cache/",
            "team/app/cache/x",
            "app",
        ] {
            assert!(!name.is_in(elsewhere), "{elsewhere}");
        }
    }

    proptest! {
        #[test]
        fn no_prefix_of_many_names_is_missing(
            texts in prop::collection::vec("(a(/b){0,22}/)?[ab](/[ab]){0,3}", 0..6),
        ) {
            let names: Vec<RepositoryName> = texts.iter().map(|text| text.as_str().try_into().unwrap()).collect();
            let names: Vec<&RepositoryName> = names.iter().collect();
            let each: BTreeSet<&str> = names.iter().flat_map(|name| name.prefixes()).collect();
            let all: Vec<&str> = RepositoryName::prefixes_of(&names).collect();
            prop_assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), each);
        }

        #[test]
        fn what_neighbours_have_in_common_comes_once(common in "a(/b){0,5}", ends in prop::collection::btree_set("[c-f]", 1..4)) {
            let names: Vec<RepositoryName> = ends.iter().map(|end| format!("{common}/{end}").as_str().try_into().unwrap()).collect();
            let names: Vec<&RepositoryName> = names.iter().collect();
            let levels = 1 + common.matches('/').count();
            prop_assert_eq!(RepositoryName::prefixes_of(&names).count(), levels + names.len());
        }
    }
}
