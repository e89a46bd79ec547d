//! Personal access tokens in JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::expiry::Expiry;
use crate::domain::secret::SecretToken;
use crate::representation::instant;

/// A token; its secret is only in the one reply that makes it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are GitLab's, each on its own"
)]
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub struct AccessTokenView {
    id: i64,
    name: String,
    description: Option<String>,
    revoked: bool,
    expired: bool,
    /// True if it is neither revoked nor expired.
    active: bool,
    /// True if its rights are chosen one by one, which does not exist here.
    granular: bool,
    user_id: i64,
    scopes: Vec<&'static str>,
    /// The patterns of the repositories that it is limited to; empty for all.
    repositories: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// The addresses from which it was last used, the latest first; at most five.
    last_used_ips: Vec<String>,
    /// The first date on which it is dead, from 00:00 UTC on.
    expires_at: Option<NaiveDate>,
    /// The instant from which it is dead.
    #[schema(format = DateTime)]
    expires_at_time: Option<String>,
    /// The time until which it works beside the token that took its place; null unless it was rotated with a
    /// grace.
    #[schema(format = DateTime)]
    grace_until: Option<String>,
    /// The token whose place it took.
    previous_personal_access_token_id: Option<i64>,
    /// The token that it was made with, or the one that took that one's place; it is revoked with that. A revoked token keeps the first.
    parent_personal_access_token_id: Option<i64>,
    /// The time until which the token works whose place it took; only in the reply to a rotation with a grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    previous_grace_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The secret; only in the reply that makes the token.
    token: Option<String>,
}

impl AccessTokenView {
    /// The token as it is at `now`.
    pub fn new(token: &AccessToken, now: DateTime<Utc>) -> Self {
        let chosen = &token.specification;
        Self {
            id: token.id.0,
            name: chosen.name().to_owned(),
            description: chosen.description().map(str::to_owned),
            revoked: token.is_revoked(now),
            expired: token.is_expired(now),
            active: token.state(now) == CredentialState::Active,
            granular: false,
            user_id: token.user_id.0,
            scopes: chosen
                .scopes()
                .iter()
                .map(crate::domain::access_tokens::scope::AccessTokenScope::name)
                .collect(),
            repositories: chosen
                .repositories()
                .iter()
                .map(ToString::to_string)
                .collect(),
            created_at: instant(token.created_at),
            last_used_at: token.last_used_at.map(instant),
            last_used_ips: token
                .last_used_from
                .iter()
                .map(|address| address.to_string())
                .collect(),
            expires_at: chosen.expiry().map(Expiry::date),
            expires_at_time: chosen.expiry().map(|end| instant(end.instant())),
            grace_until: token.grace_until.map(instant),
            previous_personal_access_token_id: token.lineage.previous.map(|id| id.0),
            parent_personal_access_token_id: token.lineage.maker.map(|id| id.0),
            previous_grace_until: None,
            token: None,
        }
    }

    /// The same with the time until which the token works whose place it took, for the reply to a rotation.
    #[must_use]
    pub fn beside_previous_until(self, grace: Option<DateTime<Utc>>) -> Self {
        Self {
            previous_grace_until: grace.map(instant),
            ..self
        }
    }

    /// The same with the secret, for the reply that makes the token.
    #[must_use]
    pub fn with_secret(self, secret: &SecretToken) -> Self {
        Self {
            token: Some(secret.expose().to_owned()),
            ..self
        }
    }
}

impl std::fmt::Debug for AccessTokenView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalAccessTokenView")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
