//! Token scopes: the things that a token may be used for.

use std::fmt;

use crate::domain::registry::action::Action;

/// One scope of a token with GitLab's name; `delete_registry` is ours (docs/architecture.md#token-scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessTokenScope {
    /// Everything the owner may do, in the registry and in the API.
    Api,
    /// Every `GET` of the API, and pull.
    ReadApi,
    /// `GET` on `/user` and `/users`.
    ReadUser,
    /// Pull.
    ReadRegistry,
    /// Push; registries demand pull, and so `read_registry`, beside it.
    WriteRegistry,
    /// Delete.
    DeleteRegistry,
    /// Rotate itself.
    SelfRotate,
}

/// A text that is not a token scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scope: use api, read_api, read_user, read_registry, write_registry, \
     delete_registry or self_rotate"
)]
pub struct UnknownAccessTokenScope(String);

impl AccessTokenScope {
    /// All scopes, widest first.
    pub const ALL: [Self; 7] = [
        Self::Api,
        Self::ReadApi,
        Self::ReadUser,
        Self::ReadRegistry,
        Self::WriteRegistry,
        Self::DeleteRegistry,
        Self::SelfRotate,
    ];

    /// The name in the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::ReadApi => "read_api",
            Self::ReadUser => "read_user",
            Self::ReadRegistry => "read_registry",
            Self::WriteRegistry => "write_registry",
            Self::DeleteRegistry => "delete_registry",
            Self::SelfRotate => "self_rotate",
        }
    }

    /// The sentence that says what a token with it can do, for the people who choose.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Api => "Do everything that you may do, in the API and in the registry.",
            Self::ReadApi => "Read everything that you may see in the API, and pull images.",
            Self::ReadUser => "Read in the API who you are and which users there are.",
            Self::ReadRegistry => "Pull images.",
            Self::WriteRegistry => "Push images; clients need read_registry too.",
            Self::DeleteRegistry => "Delete images.",
            Self::SelfRotate => "Replace itself by a new token with the same rights.",
        }
    }

    /// True if the scope opens the registry at all.
    fn opens_registry(self) -> bool {
        !matches!(self, Self::ReadUser | Self::SelfRotate)
    }

    /// True if a token that is narrowed to some repositories may hold this scope: the API's scopes
    /// would let it make a wider token.
    pub fn may_be_narrowed(self) -> bool {
        !matches!(self, Self::Api | Self::ReadApi | Self::ReadUser)
    }

    /// The smallest scope that permits `action`.
    pub fn needed_for(action: Action) -> Self {
        match action {
            Action::Pull => Self::ReadRegistry,
            Action::Push => Self::WriteRegistry,
            Action::Delete => Self::DeleteRegistry,
            Action::Any => Self::Api,
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Api => 1,
            Self::ReadApi => 2,
            Self::ReadUser => 4,
            Self::ReadRegistry => 8,
            Self::WriteRegistry => 16,
            Self::DeleteRegistry => 32,
            Self::SelfRotate => 64,
        }
    }

    /// True if a token with this scope can do all that one with the `other` can.
    fn covers(self, other: Self) -> bool {
        match self {
            Self::Api => true,
            Self::ReadApi => matches!(other, Self::ReadApi | Self::ReadUser | Self::ReadRegistry),
            own => own == other,
        }
    }
}

impl std::str::FromStr for AccessTokenScope {
    type Err = UnknownAccessTokenScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scope = Self::ALL.into_iter().find(|scope| scope.name() == text);
        scope.ok_or_else(|| UnknownAccessTokenScope(text.to_owned()))
    }
}

impl fmt::Display for AccessTokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The scopes of one token.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct AccessTokenScopes(u8);

impl AccessTokenScopes {
    /// The scopes of a login by password: everything in the registry, but nothing that needs `api`.
    pub fn of_password_login() -> Self {
        [
            AccessTokenScope::ReadRegistry,
            AccessTokenScope::WriteRegistry,
            AccessTokenScope::DeleteRegistry,
        ]
        .into_iter()
        .collect()
    }

    /// True if one of the scopes permits `action` in the registry.
    pub fn permit(self, action: Action) -> bool {
        self.cover(AccessTokenScope::needed_for(action))
    }

    /// True if one of them lets through all that `scope` does.
    pub fn cover(self, scope: AccessTokenScope) -> bool {
        self.iter().any(|own| own.covers(scope))
    }

    /// True if `scope` is among them.
    pub fn contains(self, scope: AccessTokenScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// True if any of them opens the registry.
    pub fn open_registry(self) -> bool {
        self.iter().any(AccessTokenScope::opens_registry)
    }

    /// True if there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, widest first.
    pub fn iter(self) -> impl Iterator<Item = AccessTokenScope> {
        AccessTokenScope::ALL
            .into_iter()
            .filter(move |&scope| self.contains(scope))
    }
}

impl FromIterator<AccessTokenScope> for AccessTokenScopes {
    fn from_iter<I: IntoIterator<Item = AccessTokenScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | scope.bit()))
    }
}

impl fmt::Debug for AccessTokenScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for AccessTokenScopes {
    /// The names with spaces between, as OAuth writes scopes (RFC 6749 section 3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}
