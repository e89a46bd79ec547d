//! Personal access tokens as credentials.

use chrono::{DateTime, Utc};

use super::error::{AuthenticationError, Cause};
use crate::domain::credential::{PlainToken, TokenKind};
use crate::domain::personal_access_token::TokenState;
use crate::domain::principal::{Ceiling, SignedIn};
use crate::domain::user::UserState;
use crate::storage::{Db, personal_access_tokens};

/// The owner of a token that works at `now`.
pub(super) async fn owner_of(
    db: &Db,
    token: &PlainToken,
    now: DateTime<Utc>,
) -> Result<SignedIn, AuthenticationError> {
    let found = match token.kind() {
        TokenKind::PersonalAccess => {
            personal_access_tokens::find_by_digest(db, &token.digest()).await?
        }
        TokenKind::Deploy | TokenKind::Refresh => None,
    };
    let (token, owner) = found.ok_or(Cause::UnknownToken)?;
    match (token.state(now), owner.state) {
        (TokenState::Expired, _) => Err(Cause::ExpiredToken.into()),
        (TokenState::Revoked, _) => Err(Cause::RevokedToken.into()),
        (TokenState::Active, UserState::Blocked) => Err(Cause::BlockedUser.into()),
        (TokenState::Active, UserState::Active) => {
            Ok(SignedIn::new(owner, Ceiling::of_token(&token)))
        }
    }
}
