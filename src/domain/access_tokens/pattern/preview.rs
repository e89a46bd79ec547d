//! A preview of the repositories that patterns cover, for the people who write them.

use std::collections::BTreeSet;

use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::registry::repository_name::RepositoryName;

/// The repositories that patterns cover, among those that somebody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternPreview {
    /// The first of them, by name; at most [`MOST_SHOWN`].
    pub names: Vec<RepositoryName>,
    /// The number of all.
    pub count: usize,
    /// True if there were more repositories than are looked at, so that the number is the least.
    pub is_partial: bool,
}

/// The most names of a preview.
pub const MOST_SHOWN: usize = 20;

impl PatternPreview {
    /// The preview of `patterns` among `known`; no pattern covers all.
    pub fn of(
        patterns: &[RepositoryPattern],
        known: BTreeSet<RepositoryName>,
        is_partial: bool,
    ) -> Self {
        let covers = |name: &RepositoryName| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))
        };
        let (mut names, mut count) = (Vec::new(), 0);
        for name in known.into_iter().filter(covers) {
            count += 1;
            if count <= MOST_SHOWN {
                names.push(name);
            }
        }
        Self {
            names,
            count,
            is_partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: impl IntoIterator<Item = String>) -> BTreeSet<RepositoryName> {
        let read = |text: String| RepositoryName::try_from(text.as_str()).unwrap();
        texts.into_iter().map(read).collect()
    }

    #[test]
    fn a_preview_counts_all_and_shows_the_first() {
        let known =
            || names((0..30).flat_map(|n| [format!("team/{n:02}"), format!("other/{n:02}")]));
        let pattern = |text| RepositoryPattern::try_from(text).unwrap();
        let preview = PatternPreview::of(&[pattern("team/*"), pattern("team/0*")], known(), false);
        assert_eq!((preview.count, preview.names.len()), (30, MOST_SHOWN));
        assert_eq!(preview.names[0].as_str(), "team/00");
        let all = PatternPreview::of(&[], known(), true);
        assert!(all.count == 60 && all.is_partial);
        assert_eq!(
            PatternPreview::of(&[pattern("team")], known(), false).count,
            0
        );
    }
}
