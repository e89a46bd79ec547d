//! Deploy tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::CredentialState;
use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::DeployTokenPrincipal;
use crate::domain::secret::RecognizedToken;
use crate::identity::error::RefusedCredential;
use crate::storage::Look;

/// The machine whose deploy token works at `now`; its user name must match, unlike a personal
/// access token's (docs/architecture.md#who-is-calling).
pub(super) async fn deploy_token_principal(
    look: &Look<'_>,
    (username, token): (&str, RecognizedToken),
    now: DateTime<Utc>,
) -> Result<DeployTokenPrincipal, RefusedCredential> {
    let token = look
        .deploy_token(&token.digest)
        .await?
        .ok_or(Cause::UnknownToken)?;
    let refused = |cause| Err(RefusedCredential::of(&*token, cause));
    match token.state(now) {
        CredentialState::Expired => refused(Cause::ExpiredToken),
        CredentialState::Revoked => refused(Cause::RevokedToken),
        CredentialState::Active if token.username.as_str() != username => {
            refused(Cause::OtherUsername)
        }
        CredentialState::Active => Ok(DeployTokenPrincipal::new(&token)),
    }
}
