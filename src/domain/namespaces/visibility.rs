//! The visibility of a group or project to people who are not members.

use std::fmt;

/// GitLab's three visibilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Visibility {
    /// Visible to members only; new groups and projects are private.
    #[default]
    Private,
    /// Visible to any signed-in user who is not external.
    Internal,
    /// Visible to anyone.
    Public,
}

/// A text that is not a visibility.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a visibility: use private, internal or public")]
pub struct UnknownVisibility(String);

impl Visibility {
    /// All visibilities, narrowest first.
    pub const ALL: [Self; 3] = [Self::Private, Self::Internal, Self::Public];

    /// The name in the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }

    /// True if a signed-in user sees a namespace with it, and pulls from there, without being a member.
    pub fn is_open_to(self, is_external: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Internal => !is_external,
            Self::Private => false,
        }
    }
}

impl std::str::FromStr for Visibility {
    type Err = UnknownVisibility;

    /// Reads a name in any letter case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL
            .into_iter()
            .find(|visibility| visibility.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownVisibility(text.to_owned()))
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
