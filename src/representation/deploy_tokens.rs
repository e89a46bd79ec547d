//! Deploy tokens in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::secret::SecretToken;
use crate::representation::instant;

/// A deploy token; its secret is only in the one reply that makes it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeployToken)]
pub struct DeployTokenView {
    id: i64,
    name: String,
    /// The user name to log in with.
    username: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    scopes: Vec<&'static str>,
    revoked: bool,
    expired: bool,
    /// The group or project that it is for.
    full_path: String,
    /// The secret; only in the reply that makes the deploy token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl DeployTokenView {
    /// The deploy token as it is at `now`.
    pub fn new(token: &DeployToken, now: DateTime<Utc>) -> Self {
        Self {
            id: token.id.0,
            name: token.name.clone(),
            username: token.username.to_string(),
            expires_at: token.expiry.map(|expiry| instant(expiry.instant())),
            scopes: token.scopes.iter().map(AccessTokenScope::name).collect(),
            revoked: token.revoked_at.is_some(),
            expired: token.expiry.is_some_and(|expiry| expiry.has_passed(now)),
            full_path: token.path.to_string(),
            token: None,
        }
    }

    /// The same with the secret, for the reply that makes the deploy token.
    #[must_use]
    pub fn with_secret(self, secret: &SecretToken) -> Self {
        Self {
            token: Some(secret.expose().to_owned()),
            ..self
        }
    }
}

impl std::fmt::Debug for DeployTokenView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeployTokenView")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
