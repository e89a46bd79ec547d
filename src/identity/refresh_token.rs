//! Refresh tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::CredentialState;
use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::refresh_tokens::{RefreshLifetimes, RefreshToken};
use crate::domain::secret::RecognizedToken;
use crate::domain::users::UserState;
use crate::identity::error::RefusedCredential;
use crate::identity::identified::{FollowUp, Identified};
use crate::storage::Look;

/// The user of a refresh token that works at `now` for `service`. A question that names no readable
/// service is refused later, so any token will do then.
pub(super) async fn owner_of(
    look: &Look<'_>,
    (token, service): (RecognizedToken, Option<&str>),
    lifetimes: &RefreshLifetimes,
    now: DateTime<Utc>,
) -> Result<Identified<SignedIn>, RefusedCredential> {
    let digest = token.digest;
    let is_active = |token: &RefreshToken| token.state(lifetimes, now) == CredentialState::Active;
    let found = look.refresh_token(&digest, is_active).await?;
    let (token, owner) = found.ok_or(Cause::UnknownToken)?;
    let refused = |cause| Err(RefusedCredential::of(&*token, cause));
    match (token.state(lifetimes, now), owner.state) {
        (CredentialState::Expired, _) => return refused(Cause::ExpiredToken),
        (CredentialState::Revoked, _) => return refused(Cause::RevokedToken),
        (CredentialState::Active, UserState::Blocked) => return refused(Cause::BlockedUser),
        (CredentialState::Active, UserState::Active) if owner.two_factor => {
            return refused(Cause::TwoFactorEnabled);
        }
        (CredentialState::Active, UserState::Active) => {}
    }
    if service.is_some_and(|service| service != token.service) {
        return refused(Cause::OtherService);
    }
    let is_noted = !look.is_stale() && lifetimes.is_use_noted(token.last_used_at, now);
    let follow_up = is_noted.then_some(FollowUp::NoteRefreshTokenUse(token.id, digest));
    let ceiling = Ceiling::of_login(Proof::RefreshToken(token.id));
    Ok(Identified {
        caller: SignedIn::new(&owner, ceiling),
        follow_up,
    })
}
