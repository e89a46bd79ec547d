//! Personal access tokens in JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::instant;
use crate::domain::credential::PlainToken;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::personal_access_token::{PersonalAccessToken, TokenState};

/// A token; with its secret only in the one reply that makes it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PersonalAccessTokenView {
    id: TokenId,
    name: String,
    description: Option<String>,
    revoked: bool,
    active: bool,
    user_id: UserId,
    scopes: Vec<&'static str>,
    repositories: Vec<String>,
    created_at: String,
    last_used_at: Option<String>,
    expires_at: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl PersonalAccessTokenView {
    /// The token as it is at `now`.
    pub fn new(token: &PersonalAccessToken, now: DateTime<Utc>) -> Self {
        let chosen = &token.specification;
        Self {
            id: token.id,
            name: chosen.name().to_owned(),
            description: chosen.description().map(str::to_owned),
            revoked: token.revoked_at.is_some(),
            active: token.state(now) == TokenState::Active,
            user_id: token.user_id,
            scopes: chosen
                .scopes()
                .iter()
                .map(super::super::domain::token_scope::TokenScope::name)
                .collect(),
            repositories: chosen
                .repositories()
                .iter()
                .map(ToString::to_string)
                .collect(),
            created_at: instant(token.created_at),
            last_used_at: token.last_used_at.map(instant),
            expires_at: chosen.expiry().map(Expiry::date),
            token: None,
        }
    }

    /// With the secret, for the reply to whoever made the token.
    #[must_use]
    pub fn with_secret(self, secret: &PlainToken) -> Self {
        Self {
            token: Some(secret.expose().to_owned()),
            ..self
        }
    }
}

impl std::fmt::Debug for PersonalAccessTokenView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalAccessTokenView")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
