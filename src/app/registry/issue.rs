//! Answering a registry's client: one path, with no way back.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;

use crate::app::admit::Admission;
use crate::app::error::DeskError;
use crate::app::refresh_tokens::give::RefreshTokenWish;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::authority::cause::Cause;
use crate::domain::clock::Clock;
use crate::domain::decision::claims::{RegistryTokenClaims, lifetime};
use crate::domain::decision::principal::{Principal, Proof};
use crate::domain::decision::{Decision, decide};
use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::events::origin::Origin;
use crate::domain::registry::Registry;
use crate::domain::registry::scope::{Resource, Scope};
use crate::identity::{AuthenticationError, PresentedCredential};
use crate::signing::{KeyRing, SigningError};
use crate::storage::{Db, StorageError, registry};

/// Issues registry tokens.
#[derive(Clone)]
pub struct RegistryTokenIssuer {
    /// The storage in which rights are looked up.
    pub db: Db,
    /// The door that callers come through.
    pub admission: Admission,
    /// What tokens are signed with.
    pub keys: Arc<KeyRing>,
    /// What the configuration says.
    pub settings: Arc<RegistryTokenSettings>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where token ids come from.
    pub entropy: Arc<dyn Entropy>,
}

/// What the configuration says about tokens.
#[derive(Debug, Clone)]
pub struct RegistryTokenSettings {
    /// The `iss` of every token.
    pub issuer: String,
    /// Whether callers without credential are answered.
    pub anonymous_access: bool,
    /// The registries whose clients come here.
    pub registries: Vec<Registry>,
}

/// What a client sent.
#[derive(Debug)]
pub struct RegistryTokenRequest {
    /// The credential.
    pub presented: PresentedCredential,
    /// What is asked; bad credentials win over a malformed question.
    pub asked: Result<RequestedAccess, MalformedRequest>,
    /// The origin of the request.
    pub origin: Origin,
}

/// A well-formed question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAccess {
    /// The registry's name.
    pub service: String,
    /// What is to be done there.
    pub scopes: Vec<Scope>,
    /// Whether a refresh token is wanted.
    pub offline: bool,
    /// What the client calls itself.
    pub client_id: Option<String>,
}

/// What is wrong with a question; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedRequest(pub String);

/// A signed token, and what it took to issue it.
#[derive(Debug)]
pub struct IssuedRegistryToken {
    /// The JWT.
    pub jwt: String,
    /// How long it lives.
    pub lifetime: Duration,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Whose it is.
    pub principal: Principal,
    /// What is granted and what is not.
    pub decision: Decision,
    /// What to come back with instead of the password.
    pub refresh_token: Option<SecretString>,
}

/// Why no token was issued.
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
            Self::NoRegistryScope(_) | Self::MalformedRequest(_) | Self::Signing(_) => false,
        }
    }
}

impl RegistryTokenIssuer {
    /// Issues a token for exactly what is asked and allowed.
    #[tracing::instrument(name = "app.issue_registry_token", skip_all)]
    pub async fn issue(
        &self,
        request: RegistryTokenRequest,
    ) -> Result<IssuedRegistryToken, IssueError> {
        let now = self.clock.now();
        let service = request
            .asked
            .as_ref()
            .ok()
            .map(|asked| asked.service.as_str());
        let principal = self
            .admission
            .admit(&request.presented, service, &request.origin)
            .await?;
        self.check_business(&principal)?;
        let asked = request.asked?;
        let registry = self.registry(&asked.service)?;
        let rights =
            registry::load(&self.db, &principal, &repositories(&asked.scopes), now).await?;
        let decision = decide(&principal, &rights, &asked.scopes);
        let id = uuid::Builder::from_random_bytes(random_bytes(&*self.entropy)).into_uuid();
        let claims = RegistryTokenClaims::new(
            &self.settings.issuer,
            registry,
            &principal,
            &decision,
            (now, id),
        );
        let jwt = self.keys.sign(&claims, registry)?;
        let refresh_token = self
            .refresh_token(&request.presented, &principal, &asked, &request.origin)
            .await?;
        let lifetime = lifetime(registry, &decision);
        Ok(IssuedRegistryToken {
            jwt,
            lifetime,
            issued_at: now,
            principal,
            decision,
            refresh_token,
        })
    }

    /// What the client keeps instead of a password: a new refresh token after a login by password,
    /// the same one after a login with it (Docker never stores a new one), none beside a personal
    /// access token, which is the long-lived thing already; and only if it is asked for.
    async fn refresh_token(
        &self,
        presented: &PresentedCredential,
        principal: &Principal,
        asked: &RequestedAccess,
        origin: &Origin,
    ) -> Result<Option<SecretString>, DeskError> {
        let Principal::User(user) = principal else {
            return Ok(None);
        };
        match (&user.ceiling.proof, presented) {
            _ if !asked.offline => Ok(None),
            (Proof::Password(_), _) => {
                let wish = RefreshTokenWish {
                    user,
                    service: &asked.service,
                    client_id: asked.client_id.as_deref(),
                    origin,
                };
                self.admission.give_refresh_token(wish).await.map(Some)
            }
            (
                Proof::RefreshToken(_),
                PresentedCredential::RefreshToken(same)
                | PresentedCredential::Basic { secret: same, .. },
            ) => Ok(Some(same.clone())),
            _ => Ok(None),
        }
    }

    /// Turns away who is known, but has no business with a registry.
    fn check_business(&self, principal: &Principal) -> Result<(), IssueError> {
        if *principal == Principal::Anonymous && !self.settings.anonymous_access {
            return Err(AuthenticationError::Wrong(Cause::AnonymousAccessOff).into());
        }
        match principal.scopes_without_registry() {
            Some(scopes) => Err(IssueError::NoRegistryScope(scopes.clone())),
            None => Ok(()),
        }
    }

    /// The registry of that name: the audience is only ever one of ours.
    fn registry(&self, service: &str) -> Result<&Registry, MalformedRequest> {
        let found = self
            .settings
            .registries
            .iter()
            .find(|known| known.service.as_str() == service);
        found.ok_or_else(|| {
            MalformedRequest(
                "the parameter `service` names no registry that is configured here".to_owned(),
            )
        })
    }
}

impl fmt::Debug for RegistryTokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenIssuer")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The repositories among the resources.
pub(in crate::app) fn repositories(
    scopes: &[Scope],
) -> Vec<&crate::domain::registry::repository_name::RepositoryName> {
    let names = scopes.iter().filter_map(|scope| match &scope.resource {
        Resource::Repository(name) => Some(name),
        Resource::Catalog => None,
    });
    names.collect()
}
