//! A preview of the repositories that patterns cover, for the people who write them.

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
    /// A preview that has nothing yet.
    pub fn new(is_partial: bool) -> Self {
        Self {
            names: Vec::new(),
            count: 0,
            is_partial,
        }
    }

    /// Takes the next repository in order if one of `patterns` covers it; no pattern covers all.
    pub fn look_at(&mut self, name: RepositoryName, patterns: &[RepositoryPattern]) {
        if patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(&name)) {
            self.count += 1;
            if self.count <= MOST_SHOWN {
                self.names.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(patterns: &[&str], is_partial: bool) -> PatternPreview {
        let read = |text: &&str| RepositoryPattern::try_from(*text).unwrap();
        let patterns: Vec<_> = patterns.iter().map(read).collect();
        let mut preview = PatternPreview::new(is_partial);
        for group in ["other", "team"] {
            for number in 0..30 {
                let name = format!("{group}/{number:02}");
                preview.look_at(name.as_str().try_into().unwrap(), &patterns);
            }
        }
        preview
    }

    #[test]
    fn a_preview_counts_all_and_shows_the_first() {
        let some = preview(&["team/*", "team/0*"], false);
        assert_eq!((some.count, some.names.len()), (30, MOST_SHOWN));
        assert_eq!(some.names[0].as_str(), "team/00");
        let all = preview(&[], true);
        assert!(all.count == 60 && all.is_partial);
        assert_eq!(preview(&["team"], false).count, 0);
    }
}
