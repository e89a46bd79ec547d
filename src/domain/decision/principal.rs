//! Callers, with the part of their rights that the credential carries.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::ids::{AccessTokenId, DeployTokenId, RefreshTokenId, SessionId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::secret::SecretDigest;
use crate::domain::users::User;
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;

/// The caller of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A caller without a credential.
    Anonymous,
    /// A user, within the limits of the credential.
    User(SignedIn),
    /// A machine of a group or project.
    DeployToken(DeployTokenPrincipal),
}

/// A machine with a deploy token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployTokenPrincipal {
    /// The token.
    pub id: DeployTokenId,
    /// The `sub` of its registry tokens.
    pub subject: String,
    /// The path of the group or project that it is for; elsewhere it is anonymous.
    pub path: NamespacePath,
    /// Its scopes, which count there.
    pub scopes: AccessTokenScopes,
}

/// A user who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: Username,
    /// True if they may do everything on every path.
    pub admin: bool,
    /// True if internal groups and projects are closed to them.
    pub external: bool,
    /// The part of their rights that the credential carries.
    pub ceiling: Ceiling,
    /// True if the credential came beside a name by which they do not sign in. It means nothing, as in GitLab.
    pub is_named_otherwise: bool,
}

/// The most that a credential lets through, whatever its owner may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// The credential that was presented.
    pub proof: Proof,
    /// The token scopes.
    pub scopes: AccessTokenScopes,
    /// The patterns of the repositories; empty for all.
    pub repositories: Vec<RepositoryPattern>,
}

/// The way in which a user proved their identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A password, with the hash that it matched.
    Password(PasswordHash),
    /// None: the request is only explained.
    Explained,
    /// A refresh token that a login by password got.
    RefreshToken(RefreshTokenId),
    /// A personal access token.
    AccessToken(AccessTokenId),
    /// A session on the web pages, with the digest of the secret that was shown; it ends at that instant at the latest.
    Session(SessionId, SecretDigest, DateTime<Utc>),
}

impl Principal {
    /// The `sub` of the caller's tokens: the user name, `deploy_token:` and that token's own, or nothing.
    pub fn subject(&self) -> &str {
        match self {
            Self::Anonymous => "",
            Self::User(user) => user.username.as_str(),
            Self::DeployToken(token) => &token.subject,
        }
    }

    /// True if the credential came beside a name by which its owner does not sign in.
    pub fn is_named_otherwise(&self) -> bool {
        matches!(self, Self::User(user) if user.is_named_otherwise)
    }

    /// The hash that the caller's password matched, if they came with one.
    pub fn password(&self) -> Option<&PasswordHash> {
        match self {
            Self::User(SignedIn {
                ceiling:
                    Ceiling {
                        proof: Proof::Password(hash),
                        ..
                    },
                ..
            }) => Some(hash),
            Self::User(_) | Self::Anonymous | Self::DeployToken(_) => None,
        }
    }

    /// The personal access token that was presented, if it was one.
    pub fn access_token(&self) -> Option<AccessTokenId> {
        match self {
            Self::Anonymous | Self::DeployToken(_) => None,
            Self::User(user) => user.ceiling.access_token(),
        }
    }

    /// The scopes of a credential that opens nothing in the registry.
    pub fn scopes_without_registry(&self) -> Option<AccessTokenScopes> {
        match self {
            // Every scope of a deploy token opens the registry.
            Self::Anonymous | Self::DeployToken(_) => None,
            Self::User(user) => Some(user.ceiling.scopes).filter(|scopes| !scopes.open_registry()),
        }
    }
}

impl DeployTokenPrincipal {
    /// The machine that has `token`.
    pub fn new(token: &DeployToken) -> Self {
        Self {
            id: token.id,
            subject: format!("deploy_token:{}", token.username),
            path: token.path.clone(),
            scopes: token.scopes,
        }
    }

    /// True if `repository` is in its namespace.
    pub fn is_for(&self, repository: &RepositoryName) -> bool {
        repository.is_in(self.path.as_str())
    }
}

impl SignedIn {
    /// `user`, within the limits of their credential.
    pub fn new(user: &User, ceiling: Ceiling) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            admin: user.admin,
            external: user.external,
            ceiling,
            is_named_otherwise: false,
        }
    }
}

impl Ceiling {
    /// The limits of a login by password or its refresh token: every registry scope, but not `api`.
    pub fn of_login(proof: Proof) -> Self {
        Self {
            proof,
            scopes: AccessTokenScopes::of_password_login(),
            repositories: Vec::new(),
        }
    }

    /// The limits of a session on the web pages: none but those of the user.
    pub fn of_session(proof: Proof) -> Self {
        Self {
            proof,
            scopes: AccessTokenScope::ALL.into_iter().collect(),
            repositories: Vec::new(),
        }
    }

    /// The limits of a personal access token.
    pub fn of_access_token(token: &AccessToken) -> Self {
        Self {
            proof: Proof::AccessToken(token.id),
            scopes: token.specification.scopes(),
            repositories: token.specification.repositories().to_vec(),
        }
    }

    /// The personal access token, if it is one.
    pub fn access_token(&self) -> Option<AccessTokenId> {
        match self.proof {
            Proof::AccessToken(id) => Some(id),
            Proof::Explained | Proof::Password(_) | Proof::RefreshToken(_) | Proof::Session(..) => {
                None
            }
        }
    }

    /// True if the credential is not limited to other repositories.
    pub fn covers(&self, repository: &RepositoryName) -> bool {
        self.repositories.is_empty()
            || self
                .repositories
                .iter()
                .any(|pattern| pattern.matches(repository))
    }
}
