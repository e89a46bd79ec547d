//! Deploy tokens: with them, machines pull from and push to a group or project.

pub mod filter;

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::CredentialState;
use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::expiry::Expiry;
use crate::domain::ids::{DeployTokenId, NamespaceId};
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::text::{DisplayName, MAX_LINE};

/// A deploy token without its secret, which is known only at its creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployToken {
    /// Its id.
    pub id: DeployTokenId,
    /// The group or project that it is for.
    pub namespace: NamespaceId,
    /// Says which of the two it is.
    pub kind: NamespaceKind,
    /// The path of that group or project.
    pub path: NamespacePath,
    /// The name that people read.
    pub name: String,
    /// The user name that must come with it.
    pub username: DeployUsername,
    /// Its scopes: pull, push, or both.
    pub scopes: AccessTokenScopes,
    /// Its end, if it has one.
    pub expiry: Option<Expiry>,
    /// The time at which it was made.
    pub created_at: DateTime<Utc>,
    /// The time at which it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The properties that one chooses for a deploy token; valid by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployTokenSpecification {
    name: DisplayName,
    scopes: AccessTokenScopes,
    /// The user name; without one, it is made of the token's id.
    pub username: Option<DeployUsername>,
    /// The end; without one, it never ends.
    pub expiry: Option<Expiry>,
}

/// The reason why a deploy token cannot be made as wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeployToken {
    /// It would have no scope.
    #[error("a deploy token needs at least one of the scopes read_registry and write_registry")]
    NoScope,
    /// It would have a scope that only people's tokens have.
    #[error("a deploy token pulls (read_registry) and pushes (write_registry); it cannot hold {0}")]
    Scope(AccessTokenScope),
}

impl DeployTokenSpecification {
    /// A deploy token that can be made, without end.
    pub fn new(name: DisplayName, scopes: AccessTokenScopes) -> Result<Self, InvalidDeployToken> {
        if scopes.is_empty() {
            return Err(InvalidDeployToken::NoScope);
        }
        if let Some(other) = scopes
            .iter()
            .find(|scope| !DEPLOY_TOKEN_SCOPES.contains(scope))
        {
            return Err(InvalidDeployToken::Scope(other));
        }
        Ok(Self {
            name,
            scopes,
            username: None,
            expiry: None,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The scopes.
    pub fn scopes(&self) -> AccessTokenScopes {
        self.scopes
    }
}

/// The scopes that a deploy token may hold: pull and push only (docs/architecture.md#what-there-is).
pub const DEPLOY_TOKEN_SCOPES: [AccessTokenScope; 2] = [
    AccessTokenScope::ReadRegistry,
    AccessTokenScope::WriteRegistry,
];

impl DeployToken {
    /// Its state at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> CredentialState {
        if self.revoked_at.is_some() {
            CredentialState::Revoked
        } else if self.expiry.is_some_and(|expiry| expiry.has_passed(now)) {
            CredentialState::Expired
        } else {
            CredentialState::Active
        }
    }
}

/// The user name of a deploy token: letters, digits and `.`, `+`, `_`, `-`, as in GitLab
/// (docs/gitlab-api.md §2.4). It may be a person's too: each works with its own secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployUsername(String);

/// A text that is not a user name of a deploy token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a deploy token's user name is 1 to 255 letters, digits and `.`, `+`, `_` or `-`")]
pub struct InvalidDeployUsername;

impl DeployUsername {
    /// The user name of a token for which nobody chose one.
    pub fn of(id: DeployTokenId) -> Self {
        Self(format!("deploy-token-{id}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for DeployUsername {
    type Error = InvalidDeployUsername;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ".+_-".contains(letter);
        if (1..=MAX_LINE).contains(&text.len()) && text.chars().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDeployUsername)
        }
    }
}

impl fmt::Display for DeployUsername {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_token_pulls_and_pushes_and_nothing_else() {
        let name = || DisplayName::try_from("ci").unwrap();
        for scope in AccessTokenScope::ALL {
            let specification =
                DeployTokenSpecification::new(name(), [scope].into_iter().collect());
            let is_allowed = ["read_registry", "write_registry"].contains(&scope.name());
            assert_eq!(specification.is_ok(), is_allowed, "{scope}");
        }
        assert_eq!(
            DeployTokenSpecification::new(name(), AccessTokenScopes::default()),
            Err(InvalidDeployToken::NoScope)
        );
    }

    #[test]
    fn user_names_are_gitlabs() {
        for good in ["ci", "gitlab+deploy-token-1", "A.b_c"] {
            assert!(DeployUsername::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a:b", "a/b", "é", &"x".repeat(256)] {
            assert_eq!(
                DeployUsername::try_from(bad),
                Err(InvalidDeployUsername),
                "{bad}"
            );
        }
    }
}
