//! Personal access tokens in JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;
use crate::domain::credential::PlainToken;
use crate::domain::expiry::Expiry;
use crate::domain::personal_access_token::{PersonalAccessToken, TokenState};

/// A token; with its secret only in the one reply that makes it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PersonalAccessToken)]
pub struct PersonalAccessTokenView {
    id: i64,
    name: String,
    description: Option<String>,
    revoked: bool,
    /// Neither revoked nor expired.
    active: bool,
    user_id: i64,
    scopes: Vec<&'static str>,
    /// Patterns of the repositories it is limited to; empty for all.
    repositories: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// The first date on which it is dead, from 00:00 UTC on.
    expires_at: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The secret: only in the reply to whoever made it.
    token: Option<String>,
}

impl PersonalAccessTokenView {
    /// The token as it is at `now`.
    pub fn new(token: &PersonalAccessToken, now: DateTime<Utc>) -> Self {
        let chosen = &token.specification;
        Self {
            id: token.id.0,
            name: chosen.name().to_owned(),
            description: chosen.description().map(str::to_owned),
            revoked: token.revoked_at.is_some(),
            active: token.state(now) == TokenState::Active,
            user_id: token.user_id.0,
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
