//! Who calls, and with what.

use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, Uri, header};
use secrecy::SecretString;

use super::error::ApiError;
use super::parameters::Parameters;
use super::state::AdminState;
use crate::domain::authority::{Authority, Need};
use crate::domain::principal::SignedIn;

/// A request of a caller who proved who they are; what they may, [`Call::authority`] tells.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) caller: SignedIn,
    pub(super) parameters: Parameters,
    pub(super) uri: Uri,
}

impl Call {
    /// The caller's authority, if their token is good for `need`.
    pub(super) fn authority(&self, need: Need) -> Result<Authority, ApiError> {
        Ok(Authority::of(&self.caller, need)?)
    }
}

impl FromRequest<AdminState> for Call {
    type Rejection = ApiError;

    /// The first token counts: the parameter, `PRIVATE-TOKEN`, `Authorization: Bearer`
    /// (gitlab-api.md 2.1).
    async fn from_request(request: Request, state: &AdminState) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let mut parameters = Parameters::read(&parts, body).await?;
        let token = parameters
            .take_private_token()
            .or_else(|| private_token(&parts.headers))
            .or_else(|| bearer(&parts.headers))
            .ok_or(ApiError::Unauthorized)?;
        let caller = state
            .authenticator
            .authenticate_token(&token, state.desk.now())
            .await?;
        // The router has cut what is common to all paths.
        let original = parts.extensions.get::<OriginalUri>();
        let uri = original.map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        Ok(Self {
            caller,
            parameters,
            uri,
        })
    }
}

fn private_token(headers: &HeaderMap) -> Option<SecretString> {
    headers
        .get("private-token")?
        .to_str()
        .ok()
        .map(SecretString::from)
}

/// RFC 6750 section 2.1.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| SecretString::from(token.trim()))
}
