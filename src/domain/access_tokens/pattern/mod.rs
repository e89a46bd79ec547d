//! Patterns that narrow a token to some repositories.

pub mod preview;
mod walk;

use std::fmt;

use crate::domain::access_tokens::pattern::walk::Walk;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::component::MAX_NAME_LENGTH;
use crate::domain::registry::repository_name::RepositoryName;

/// A pattern on repository names: `*` is one path segment or part of one, `**` any number of
/// segments, also none (`team/**` includes `team`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPattern(String);

/// Most wildcards of a new pattern.
const MAX_STARS: usize = 8;

/// The grammar of patterns.
pub const GRAMMAR: &str = "write a path such as `team/app`, with `*` for one segment or part of one, and `**` alone between \
                           slashes for any number of segments";

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// It breaks the grammar.
    #[error("`{0}` is not a repository pattern: {GRAMMAR}")]
    Malformed(String),
    /// It has more wildcards than a new pattern may have.
    #[error("a repository pattern can have at most {MAX_STARS} of `*` and `**`")]
    TooManyStars,
}

impl RepositoryPattern {
    /// The pattern as it was written, lower-case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one repository that the pattern covers, if it has no star.
    pub fn as_single_repository(&self) -> Option<RepositoryName> {
        RepositoryName::try_from(self.0.as_str()).ok()
    }

    /// The text with which every name begins that the pattern covers; perhaps empty.
    pub fn beginning(&self) -> &str {
        let before = self.0.split('*').next().unwrap_or_default();
        // `team/**` covers `team` too.
        before.trim_end_matches('/')
    }

    /// True if the pattern covers `name`.
    pub fn matches(&self, name: &RepositoryName) -> bool {
        Walk::along(&self.0, name.as_str()).is_at_the_end()
    }

    /// True if the pattern covers the repository at `path` or one below it.
    pub fn reaches(&self, path: &NamespacePath) -> bool {
        Walk::along(&self.0, path.as_str()).goes_on()
    }

    /// A pattern that was stored, perhaps when there was no limit on wildcards.
    pub fn stored(text: &str) -> Result<Self, InvalidPattern> {
        let mut pattern = text.to_ascii_lowercase();
        // The same is written shorter.
        while pattern.contains("**/**") {
            pattern = pattern.replace("**/**", "**");
        }
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-*".contains(&b);
        let is_segment = |segment: &str| {
            !segment.is_empty()
                && segment.bytes().all(allowed)
                && (segment == "**" || !segment.contains("**"))
        };
        if text.len() <= MAX_NAME_LENGTH && pattern.split('/').all(is_segment) {
            Ok(Self(pattern))
        } else {
            let beginning = text.chars().take(MAX_NAME_LENGTH).collect();
            Err(InvalidPattern::Malformed(beginning))
        }
    }
}

impl TryFrom<&str> for RepositoryPattern {
    type Error = InvalidPattern;

    /// Reads a new pattern, in any letter case.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let pattern = Self::stored(text)?;
        let stars = pattern.0.split('/').flat_map(|segment| match segment {
            "**" => 0..1,
            _ => 0..segment.matches('*').count(),
        });
        if stars.count() > MAX_STARS {
            return Err(InvalidPattern::TooManyStars);
        }
        Ok(pattern)
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
    fn names_begin_with_the_beginning_of_their_pattern() {
        for (pattern, beginning) in [
            ("team/app", "team/app"),
            ("team/**", "team"),
            ("team/app-*/x", "team/app-"),
            ("**", ""),
        ] {
            let pattern = RepositoryPattern::try_from(pattern).unwrap();
            assert_eq!(pattern.beginning(), beginning);
        }
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
            "", "/", "a/", "a//b", "a**", "**a", "***", "a?", "[a]", "a b", "a:b/c", "a**/**",
            "**/**a",
        ] {
            assert!(RepositoryPattern::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_pattern_has_few_stars_and_a_stored_one_works_on() {
        let nine = ["**/a*"; 5].join("/");
        assert_eq!(
            RepositoryPattern::try_from(nine.as_str()),
            Err(InvalidPattern::TooManyStars)
        );
        let stored = RepositoryPattern::stored(&nine).unwrap();
        let name = |text: &str| RepositoryName::try_from(text).unwrap();
        assert!(stored.matches(&name("x/a/a/y/ab/a/a")) && !stored.matches(&name("a/a/a/a/b")));
        let eight = ["**/a*"; 4].join("/");
        assert!(RepositoryPattern::try_from(eight.as_str()).is_ok());
        let repeated = ["**"; 80].join("/");
        let read = RepositoryPattern::try_from(repeated.as_str()).unwrap();
        assert_eq!(read.as_str(), "**");
    }

    /// The same as `matches`, by trying everything.
    fn slowly(pattern: &[&str], name: &[&str]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, _) => name.is_empty(),
            (Some((&"**", rest)), None) => slowly(rest, name),
            (Some((&"**", rest)), Some((_, below))) => slowly(rest, name) || slowly(pattern, below),
            (Some(_), None) => false,
            (Some((segment, rest)), Some((part, below))) => {
                slowly_in_segment(segment.as_bytes(), part.as_bytes()) && slowly(rest, below)
            }
        }
    }

    fn slowly_in_segment(pattern: &[u8], part: &[u8]) -> bool {
        match (pattern.split_first(), part.split_first()) {
            (None, _) => part.is_empty(),
            (Some((b'*', rest)), None) => slowly_in_segment(rest, part),
            (Some((b'*', rest)), Some((_, more))) => {
                slowly_in_segment(rest, part) || slowly_in_segment(pattern, more)
            }
            (Some((letter, rest)), Some((same, more))) => {
                letter == same && slowly_in_segment(rest, more)
            }
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_covers_what_trying_everything_finds(
            pattern in r"(\*\*|\*|[ab*]{1,3})(/(\*\*|\*|[ab*]{1,3})){0,5}",
            name in "[ab]{1,3}(/[ab]{1,3}){0,5}",
        ) {
            if let Ok(read) = RepositoryPattern::stored(&pattern) {
                let parts: Vec<&str> = name.split('/').collect();
                let segments: Vec<&str> = pattern.split('/').collect();
                prop_assert_eq!(
                    read.matches(&RepositoryName::try_from(name.as_str()).unwrap()),
                    slowly(&segments, &parts)
                );
                let reaches = (1..=segments.len()).any(|used| slowly(&segments[..used], &parts));
                prop_assert_eq!(read.reaches(&NamespacePath::try_from(name.as_str()).unwrap()), reaches);
            }
        }

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
