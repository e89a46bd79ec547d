//! Personal access tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::TokenState;
use crate::domain::decision::principal::{Ceiling, SignedIn};
use crate::domain::secret::{PlainToken, TokenKind};
use crate::domain::users::UserState;
use crate::identity::error::{AuthenticationError, Cause};
use crate::storage::{Db, access_tokens};

/// The owner of a token that works at `now`.
pub(super) async fn owner_of(
    db: &Db,
    token: &PlainToken,
    now: DateTime<Utc>,
) -> Result<SignedIn, AuthenticationError> {
    let found = match token.kind() {
        TokenKind::PersonalAccess => access_tokens::find_by_digest(db, &token.digest()).await?,
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
