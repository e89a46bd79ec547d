//! Patterns that narrow a token to some repositories.

use std::fmt;

use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::component::MAX_NAME_LENGTH;
use crate::domain::registry::repository_name::RepositoryName;

/// A pattern on repository names: `*` is one path segment or part of one, `**` any number of
/// segments, also none (`team/**` includes `team`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPattern(String);

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a repository pattern: write a path such as `team/app`, with `*` for one segment or \
     part of one, and `**` alone between slashes for any number of segments"
)]
pub struct InvalidPattern(String);

impl RepositoryPattern {
    /// The pattern as it was written, lower-case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one repository that the pattern covers, if it has no star.
    pub fn as_single_repository(&self) -> Option<RepositoryName> {
        RepositoryName::try_from(self.0.as_str()).ok()
    }

    /// True if the pattern covers `name`.
    pub fn matches(&self, name: &RepositoryName) -> bool {
        self.walk(name.as_str()).last().unwrap_or(false)
    }

    /// True if the pattern covers the repository at `path` or one below it.
    pub fn reaches(&self, path: &NamespacePath) -> bool {
        self.walk(path.as_str()).any(|reached| reached)
    }

    /// For each number of pattern segments used up, true if all of `path` can be used up.
    fn walk<'a>(&'a self, path: &'a str) -> impl Iterator<Item = bool> + 'a {
        let segments: Vec<&str> = path.split('/').collect();
        // True at each number of the path's segments that can be used up.
        let mut reachable = vec![false; segments.len() + 1];
        if let Some(first) = reachable.first_mut() {
            *first = true;
        }
        self.0.split('/').map(move |part| {
            reachable = step(part, &segments, &reachable);
            reachable.last().copied().unwrap_or(false)
        })
    }
}

impl TryFrom<&str> for RepositoryPattern {
    type Error = InvalidPattern;

    /// Reads a pattern in any letter case.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let pattern = text.to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-*".contains(&b);
        let is_segment = |segment: &str| {
            !segment.is_empty()
                && segment.bytes().all(allowed)
                && (segment == "**" || !segment.contains("**"))
        };
        if pattern.len() <= MAX_NAME_LENGTH && pattern.split('/').all(is_segment) {
            Ok(Self(pattern))
        } else {
            Err(InvalidPattern(text.chars().take(MAX_NAME_LENGTH).collect()))
        }
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Goes one pattern segment further, in time proportional to the name, whatever the pattern.
fn step(part: &str, segments: &[&str], reachable: &[bool]) -> Vec<bool> {
    if part == "**" {
        let mut seen = false;
        return reachable
            .iter()
            .map(|&here| {
                seen |= here;
                seen
            })
            .collect();
    }
    let advanced = segments
        .iter()
        .zip(reachable)
        .map(|(segment, &here)| here && segment_matches(part, segment));
    std::iter::once(false).chain(advanced).collect()
}

/// True if `pattern`, in which `*` is any run of characters, covers all of `segment`.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == segment;
    };
    let Some(mut left) = segment.strip_prefix(first) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part).and_then(|at| left.get(at + part.len()..)) {
            Some(behind) => left = behind,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(pattern: &str, name: &str) -> bool {
        RepositoryPattern::try_from(pattern)
            .unwrap()
            .matches(&RepositoryName::try_from(name).unwrap())
    }

    #[test]
    fn one_star_stays_inside_its_segment() {
        assert!(covers("team/*", "team/app"));
        assert!(!covers("team/*", "team"));
        assert!(!covers("team/*", "team/app/worker"));
        assert!(covers("team/app-*", "team/app-one"));
        assert!(!covers("team/app-*", "team/other"));
        assert!(covers("te*m/*p*", "team/app"));
        assert!(covers("*/a*b*a", "x/aba") && !covers("*/a*b*a", "x/ab"));
    }

    #[test]
    fn two_stars_are_any_number_of_segments_also_none() {
        for name in ["team", "team/app", "team/app/worker"] {
            assert!(covers("team/**", name), "{name}");
        }
        assert!(!covers("team/**", "teams"));
        assert!(covers("**", "anything/at/all"));
        assert!(covers("**/cache", "cache") && covers("**/cache", "a/b/cache"));
        assert!(covers("a/**/z", "a/z") && covers("a/**/z", "a/b/c/z") && !covers("a/**/z", "a/b"));
    }

    #[test]
    fn a_pattern_reaches_the_places_above_what_it_covers() {
        let reaches = |pattern: &str, path: &str| {
            RepositoryPattern::try_from(pattern)
                .unwrap()
                .reaches(&NamespacePath::try_from(path).unwrap())
        };
        for path in ["team", "team/app", "team/app/x"] {
            assert!(reaches("team/app/*", path), "{path}");
            assert!(reaches("team/**", path) && reaches("**", path), "{path}");
        }
        assert!(!reaches("team/app/*", "team/other") && !reaches("team/app", "team/app/x"));
    }

    #[test]
    fn patterns_with_anything_else_are_refused() {
        for bad in [
            "", "/", "a/", "a//b", "a**", "**a", "***", "a?", "[a]", "a b", "a:b/c",
        ] {
            assert!(RepositoryPattern::try_from(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_name_covers_itself_and_so_does_a_widened_one(name in "[a-c]{1,2}(/[a-c]{1,2}){0,4}", at in 0..5_usize) {
            prop_assert!(covers(&name, &name));
            let mut parts: Vec<&str> = name.split('/').collect();
            let at = at % parts.len();
            parts[at] = "*";
            prop_assert!(covers(&parts.join("/"), &name));
            parts[at] = "**";
            prop_assert!(covers(&parts.join("/"), &name));
        }
    }
}
