//! The actions that a client may ask for.

use std::fmt;

/// One action of a scope (docs/protocol.md §1.6 and §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The literal `*`: asked for by clients that delete, granted to administrators.
    Any,
    /// Delete manifests and blobs; never implied by push.
    Delete,
    /// Read manifests and blobs.
    Pull,
    /// Write manifests and blobs; registries demand pull beside it.
    Push,
}

impl Action {
    /// All actions, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Any, Self::Delete, Self::Pull, Self::Push];

    /// The action as scopes write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "*",
            Self::Delete => "delete",
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }

    /// The action with that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Any => 1,
            Self::Delete => 2,
            Self::Pull => 4,
            Self::Push => 8,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of actions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ActionSet(u8);

impl ActionSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);
    /// The actions on a repository: pull, push and delete.
    pub const REPOSITORY: Self = Self(2 | 4 | 8);

    /// True if `action` is in the set.
    pub fn contains(self, action: Action) -> bool {
        self.0 & action.bit() != 0
    }

    /// True if the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This set and `action`.
    #[must_use]
    pub fn with(self, action: Action) -> Self {
        Self(self.0 | action.bit())
    }

    /// The actions in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The actions in this set and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The actions in the order in which they are written.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL
            .into_iter()
            .filter(move |&action| self.contains(action))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for ActionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
