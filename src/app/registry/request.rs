//! The request of a registry's client, and what comes of it.

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;

use crate::app::error::DeskError;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::events::origin::Origin;
use crate::domain::registry::scope::Scope;
use crate::identity::{AuthenticationError, PresentedCredential};
use crate::signing::SigningError;
use crate::storage::StorageError;

/// The request of a client.
#[derive(Debug)]
pub struct RegistryTokenRequest {
    /// The credential.
    pub presented: PresentedCredential,
    /// The question; a bad credential wins over a malformed one.
    pub asked: Result<RequestedAccess, MalformedRequest>,
    /// The origin of the request.
    pub origin: Origin,
}

impl RegistryTokenRequest {
    /// The question, if it is well-formed.
    pub fn asked(&self) -> Result<&RequestedAccess, MalformedRequest> {
        self.asked.as_ref().map_err(Clone::clone)
    }

    /// The service that the question names, if it is well-formed.
    pub fn service(&self) -> Option<&str> {
        let asked = self.asked.as_ref().ok();
        asked.map(|asked| asked.service.as_str())
    }
}

/// A well-formed question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAccess {
    /// The registry's service name.
    pub service: String,
    /// The scopes that are requested.
    pub scopes: Vec<Scope>,
    /// True if a refresh token is wanted.
    pub offline: bool,
    /// The client's name for itself.
    pub client_id: Option<String>,
    /// True if a page in a browser asks, whose user can log in instead of getting a token for nothing.
    pub by_page: bool,
}

/// A malformed question; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedRequest(pub String);

/// A signed token, with the facts behind it.
#[derive(Debug)]
pub struct IssuedRegistryToken {
    /// The JWT.
    pub jwt: String,
    /// Its life.
    pub lifetime: Duration,
    /// The time of issue.
    pub issued_at: DateTime<Utc>,
    /// The caller.
    pub principal: Principal,
    /// The granted and the refused actions.
    pub decision: Decision,
    /// The refresh token to present next time instead of the password, if one is given.
    pub refresh_token: Option<SecretString>,
}

/// The reason why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The caller could not be identified.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The credential is good, but not for a registry.
    #[error(
        "the token has the scopes \"{0}\", none of which opens the registry; \
         it needs read_registry to pull or write_registry to push"
    )]
    NoRegistryScope(AccessTokenScopes),
    /// The question is malformed or names an unknown service.
    #[error(transparent)]
    MalformedRequest(#[from] MalformedRequest),
    /// A web page would get a token for nothing; its user can log in.
    #[error("a web page asked without a credential, and would be granted nothing")]
    LoginWanted,
    /// Storage could not be asked.
    #[error("rights could not be looked up")]
    Storage(#[from] StorageError),
    /// The refresh token could not be made.
    #[error("the refresh token could not be made")]
    Refresh(#[from] DeskError),
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Signing(#[from] SigningError),
}

impl IssueError {
    /// True if the same request may succeed a few seconds later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Authentication(error) => error.is_temporary(),
            Self::Storage(error) => error.is_temporary(),
            Self::Refresh(error) => error.is_temporary(),
            Self::NoRegistryScope(_)
            | Self::MalformedRequest(_)
            | Self::LoginWanted
            | Self::Signing(_) => false,
        }
    }
}
