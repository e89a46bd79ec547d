//! Refresh tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::refresh_tokens::{RefreshLifetimes, RefreshToken, RefreshTokenState};
use crate::domain::secret::RecognizedToken;
use crate::domain::users::UserState;
use crate::identity::error::AuthenticationError;
use crate::identity::identified::{FollowUp, Identified};
use crate::storage::View;

/// The user of a refresh token that works at `now` for `service`. A question that names no readable
/// service is refused later, so any token will do then.
pub(super) async fn owner_of(
    view: &View<'_>,
    (token, service): (RecognizedToken, Option<&str>),
    lifetimes: &RefreshLifetimes,
    now: DateTime<Utc>,
) -> Result<Identified<SignedIn>, AuthenticationError> {
    let digest = token.digest;
    let is_active = |token: &RefreshToken| token.state(lifetimes, now) == RefreshTokenState::Active;
    let found = view.refresh_token(&digest, is_active).await?;
    let (token, owner) = found.ok_or(Cause::UnknownToken)?;
    match (token.state(lifetimes, now), owner.state) {
        (RefreshTokenState::Expired, _) => return Err(Cause::ExpiredToken.into()),
        (RefreshTokenState::Revoked, _) => return Err(Cause::RevokedToken.into()),
        (RefreshTokenState::Active, UserState::Blocked) => return Err(Cause::BlockedUser.into()),
        (RefreshTokenState::Active, UserState::Active) => {}
    }
    if service.is_some_and(|service| service != token.service) {
        return Err(Cause::OtherService.into());
    }
    let is_noted = !view.is_stale() && lifetimes.is_use_noted(token.last_used_at, now);
    let follow_up = is_noted.then_some(FollowUp::NoteRefreshTokenUse(token.id, digest));
    let ceiling = Ceiling::of_login(Proof::RefreshToken(token.id));
    Ok(Identified {
        caller: SignedIn::new(&owner, ceiling),
        follow_up,
    })
}
