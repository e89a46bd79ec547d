//! Paths of groups and projects.

use std::fmt;

use deunicode::deunicode;

use crate::domain::registry::component::{MAX_NAME_LENGTH, is_component, is_path};

/// The path of a group, a project or a user's own namespace, such as `team/backend/app`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespacePath(String);

/// Deepest nesting, as in GitLab.
pub(in crate::domain) const MAX_LEVELS: usize = 20;

/// The last part of a path that is made of a name, as GitLab makes it: a name that can be one is kept. Of others the
/// letters are written in ASCII, and all else becomes a hyphen: `Größe 2` is `grosse-2`. It is empty if nothing is left.
pub fn part_for(name: &str) -> String {
    let kept = name.to_ascii_lowercase();
    if is_component(&kept) {
        return kept;
    }
    let ascii = deunicode(name).to_ascii_lowercase();
    let is_separator = |letter: char| !letter.is_ascii_alphanumeric();
    let words = joined(&ascii, |letter| is_separator(letter) && letter != '_');
    if is_component(&words) {
        words
    } else {
        joined(&ascii, is_separator)
    }
}

fn joined(text: &str, is_separator: impl Fn(char) -> bool) -> String {
    let words = text.split(is_separator).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// A text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a path: write letters, digits and separators (`.`, `_`, `__`, `-`) between them, \
     in at most 20 parts joined by `/`, at most 255 characters"
)]
pub struct InvalidNamespacePath(String);

impl InvalidNamespacePath {
    /// The error for a text; only the beginning of a long one is kept.
    pub(in crate::domain) fn of(text: &str) -> Self {
        Self(text.chars().take(MAX_NAME_LENGTH).collect())
    }
}

impl NamespacePath {
    /// The path in its stored, lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the namespace that bears a user name, which is one valid component.
    pub(in crate::domain) fn top_level(component: &str) -> Self {
        Self(component.to_owned())
    }

    /// The path one level up; none for a top-level path.
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The path at the top.
    #[must_use]
    pub fn root(&self) -> Self {
        Self(root_of(&self.0).to_owned())
    }

    /// The last component.
    pub fn name(&self) -> &str {
        self.0
            .rsplit_once('/')
            .map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The path at the top that is `name`, which is one component.
    pub fn top(name: &str) -> Result<Self, InvalidNamespacePath> {
        if name.contains('/') {
            return Err(InvalidNamespacePath::of(name));
        }
        Self::try_from(name)
    }

    /// The path one level down that ends with `name`.
    pub fn child(&self, name: &str) -> Result<Self, InvalidNamespacePath> {
        if name.contains('/') {
            return Err(InvalidNamespacePath::of(name));
        }
        Self::try_from(format!("{self}/{name}").as_str())
    }

    /// The path itself and every path above it, longest first.
    pub fn and_ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }
}

impl TryFrom<&str> for NamespacePath {
    type Error = InvalidNamespacePath;

    /// Reads a path in any letter case. It is kept in lower case, because registries know no other and
    /// the databases compare differently.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let path = text.to_ascii_lowercase();
        let levels = path.split('/').count();
        if path.len() <= MAX_NAME_LENGTH && levels <= MAX_LEVELS && is_path(&path) {
            Ok(Self(path))
        } else {
            Err(InvalidNamespacePath::of(text))
        }
    }
}

impl fmt::Display for NamespacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first part of a path, also of one that names no group or project.
pub fn root_of(path: &str) -> &str {
    path.split_once('/').map_or(path, |(root, _)| root)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::registry::repository_name::RepositoryName;

    #[test]
    fn paths_are_stored_lower_case() {
        let path = NamespacePath::try_from("Team/Backend/App").unwrap();
        assert_eq!(path.as_str(), "team/backend/app");
        assert_eq!(path.name(), "app");
        assert_eq!(path.parent().unwrap().as_str(), "team/backend");
    }

    #[test]
    fn a_name_that_is_a_path_is_kept_and_others_are_written_in_ascii() {
        for (name, part) in [
            ("my_app", "my_app"),
            ("My.App", "my.app"),
            ("my--app", "my--app"),
            ("Größe", "grosse"),
            ("Größe 2", "grosse-2"),
            ("Crème brûlée", "creme-brulee"),
            ("my app_2", "my-app_2"),
            ("C++ & Rust!", "c-rust"),
            ("v1.2 beta", "v1-2-beta"),
            ("_app_", "app"),
            ("a___b", "a-b"),
            ("-app", "app"),
            ("Иван", "ivan"),
            ("北京", "bei-jing"),
            ("!?", ""),
        ] {
            assert_eq!(part_for(name), part, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_of_a_name_is_a_path_or_nothing(name in ".{0,60}") {
            let part = part_for(&name);
            prop_assert!(part.is_empty() || is_component(&part), "{} of {}", part, name);
            prop_assert_eq!(part_for(&part), part.clone());
        }

        #[test]
        fn every_path_is_a_repository_name_and_lies_below_its_ancestors(text in "[A-Za-z0-9._/-]{0,40}") {
            if let Ok(path) = NamespacePath::try_from(text.as_str()) {
                prop_assert_eq!(NamespacePath::try_from(path.as_str()), Ok(path.clone()), "reading again changes nothing");
                let name = RepositoryName::try_from(path.as_str()).unwrap();
                let ancestors: Vec<String> = path.and_ancestors().map(|path| path.to_string()).collect();
                prop_assert_eq!(name.prefixes().collect::<Vec<_>>(), ancestors);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,300}") {
            let _ = (NamespacePath::try_from(text.as_str()), RepositoryName::try_from(text.as_str()));
        }
    }

    #[test]
    fn what_is_no_repository_name_is_no_path() {
        for bad in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "host:80/a",
            "a b",
            "-a",
            "*",
            "a/**",
        ] {
            assert!(NamespacePath::try_from(bad).is_err(), "{bad}");
        }
        assert!(NamespacePath::try_from(vec!["a"; 21].join("/").as_str()).is_err());
    }
}
