//! Personal access tokens as credentials.

use chrono::{DateTime, Utc};

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, SignedIn};
use crate::domain::secret::{RecognizedToken, SecretKind};
use crate::domain::users::{EmailAddress, User};
use crate::identity::error::RefusedCredential;
use crate::storage::Look;

/// The owner of an access token that works at `now`, and came `beside` that user name, if it came with one.
pub(super) async fn owner_of(
    look: &Look<'_>,
    (token, beside): (RecognizedToken, Option<&str>),
    now: DateTime<Utc>,
) -> Result<SignedIn, RefusedCredential> {
    let found = match token.kind {
        SecretKind::AccessToken => look.access_token(&token.digest).await?,
        SecretKind::DeployToken | SecretKind::RefreshToken => return Err(Cause::OtherKind.into()),
    };
    let (token, owner) = found.ok_or(Cause::UnknownToken)?;
    if let Some(cause) = token.refused(&owner, now) {
        return Err(RefusedCredential::of(&*token, cause));
    }
    Ok(SignedIn {
        is_named_otherwise: beside.is_some_and(|name| is_other_name(name, &owner)),
        ..SignedIn::new(&owner, Ceiling::of_access_token(&token))
    })
}

/// True for a name by which the owner does not sign in.
fn is_other_name(presented: &str, owner: &User) -> bool {
    if presented.is_empty() || presented.eq_ignore_ascii_case(owner.username.as_str()) {
        return false;
    }
    // Addresses are stored in lower case.
    let is_own = |email: &EmailAddress| presented.to_lowercase() == email.as_str();
    !owner.email.as_ref().is_some_and(is_own)
}
