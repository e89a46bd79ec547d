//! Deploy tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::TokenState;
use crate::domain::decision::principal::Deployment;
use crate::domain::secret::PlainToken;
use crate::identity::error::{AuthenticationError, Cause};
use crate::storage::{Db, deploy_tokens};

/// The machine whose deploy token works at `now`; its user name must match, unlike a personal
/// access token's (design.md §3).
pub(super) async fn deployment(
    db: &Db,
    (username, token): (&str, &PlainToken),
    now: DateTime<Utc>,
) -> Result<Deployment, AuthenticationError> {
    let token = deploy_tokens::find_by_digest(db, &token.digest())
        .await?
        .ok_or(Cause::UnknownToken)?;
    match token.state(now) {
        TokenState::Expired => Err(Cause::ExpiredToken.into()),
        TokenState::Revoked => Err(Cause::RevokedToken.into()),
        TokenState::Active if token.username.as_str() != username => {
            Err(Cause::OtherUsername.into())
        }
        TokenState::Active => Ok(Deployment::new(token)),
    }
}
