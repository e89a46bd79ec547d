//! The roles that a member can have.

use std::fmt;

use crate::domain::registry::action::{Action, ActionSet};

/// A member's role, with GitLab's names and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Knows that the group or project exists, and who its members are.
    Guest,
    /// Pulls.
    Reporter,
    /// Pushes.
    Developer,
    /// Deletes, and manages members and projects.
    Maintainer,
    /// Manages everything below the group.
    Owner,
}

/// A text or number that is not an access level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an access level: use guest, reporter, developer, maintainer or owner")]
pub struct UnknownAccessLevel(String);

impl AccessLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [
        Self::Guest,
        Self::Reporter,
        Self::Developer,
        Self::Maintainer,
        Self::Owner,
    ];

    /// The level's number in GitLab's API.
    pub fn number(self) -> i32 {
        match self {
            Self::Guest => 10,
            Self::Reporter => 20,
            Self::Developer => 30,
            Self::Maintainer => 40,
            Self::Owner => 50,
        }
    }

    /// The level's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Reporter => "reporter",
            Self::Developer => "developer",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }

    /// The lowest level that may do `action` (docs/architecture.md#what-there-is).
    pub fn needed_for(action: Action) -> Self {
        match action {
            Action::Pull => Self::Reporter,
            Action::Push => Self::Developer,
            Action::Delete | Action::Any => Self::Maintainer,
        }
    }

    /// The actions that this level permits on a repository.
    pub fn actions(self) -> ActionSet {
        ActionSet::REPOSITORY
            .iter()
            .filter(|&action| self >= Self::needed_for(action))
            .collect()
    }
}

impl TryFrom<i32> for AccessLevel {
    type Error = UnknownAccessLevel;

    fn try_from(number: i32) -> Result<Self, Self::Error> {
        let level = Self::ALL.into_iter().find(|level| level.number() == number);
        level.ok_or_else(|| UnknownAccessLevel(number.to_string()))
    }
}

impl std::str::FromStr for AccessLevel {
    type Err = UnknownAccessLevel;

    /// Reads a name in any letter case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let level = Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(text));
        level.ok_or_else(|| UnknownAccessLevel(text.to_owned()))
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
