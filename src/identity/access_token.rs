//! Personal access tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, SignedIn};
use crate::domain::secret::{RecognizedToken, SecretKind};
use crate::identity::error::RefusedCredential;
use crate::storage::Look;

/// The owner of an access token that works at `now`.
pub(super) async fn owner_of(
    look: &Look<'_>,
    token: RecognizedToken,
    now: DateTime<Utc>,
) -> Result<SignedIn, RefusedCredential> {
    let found = match token.kind {
        SecretKind::AccessToken => look.access_token(&token.digest).await?,
        SecretKind::DeployToken | SecretKind::RefreshToken => None,
    };
    let (token, owner) = found.ok_or(Cause::UnknownToken)?;
    match token.refused(&owner, now) {
        Some(cause) => Err(RefusedCredential::of(&*token, cause)),
        None => Ok(SignedIn::new(&owner, Ceiling::of_access_token(&token))),
    }
}
