//! Refresh tokens in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access_tokens::CredentialState;
use crate::domain::refresh_tokens::{RefreshLifetimes, RefreshToken};
use crate::representation::instant;

/// A refresh token, never with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RefreshToken)]
pub struct RefreshTokenView {
    id: i64,
    user_id: i64,
    /// The service of the one registry that it is for.
    service: String,
    /// The client's name for itself.
    client_id: Option<String>,
    revoked: bool,
    /// True if it is neither revoked nor idled out nor too old.
    active: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: String,
}

impl RefreshTokenView {
    /// The refresh token as it is at `now`.
    pub fn new(token: &RefreshToken, lifetimes: &RefreshLifetimes, now: DateTime<Utc>) -> Self {
        Self {
            id: token.id.0,
            user_id: token.user_id.0,
            service: token.service.clone(),
            client_id: token.client_id.clone(),
            revoked: token.revoked_at.is_some(),
            active: token.state(lifetimes, now) == CredentialState::Active,
            created_at: instant(token.created_at),
            last_used_at: instant(token.last_used_at),
        }
    }
}
