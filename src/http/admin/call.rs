//! The caller, and what came with the call.

use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, HeaderName, Uri, header};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::authority::{Authority, Need};
use crate::domain::decision::principal::SignedIn;
use crate::domain::events::origin::{Face, Origin};
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::Parameters;
use crate::http::admin::state::AdminState;
use crate::http::layers::{Who, origin};
use crate::identity::AuthenticationError;

/// A request of a caller who was identified; [`Call::authority`] says what they may do.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) caller: SignedIn,
    pub(super) parameters: Parameters,
    pub(super) uri: Uri,
    origin: Origin,
    wants_to_be_another: bool,
    /// True for a change that is to be made under a condition.
    is_conditional: bool,
}

impl Call {
    /// The caller's authority, if their token is good for `need`.
    ///
    /// Refuses a script that wants to act as someone else (GitLab's `sudo`): it must not act as itself.
    pub(super) fn authority(&self, need: Need) -> Result<Authority, ApiError> {
        if self.wants_to_be_another {
            return Err(ApiError::Sudo);
        }
        // GitLab deletes under such a condition; without it, more would be deleted than was asked for.
        if self.is_conditional {
            return Err(ApiError::Condition);
        }
        Ok(Authority::of(&self.caller, need, self.origin.clone())?)
    }
}

impl FromRequest<AdminState> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, Self::Rejection> {
        let presented = UnauthenticatedCall::read(request).await?;
        Ok(presented.admit(state).await?)
    }
}

/// A request whose token was not looked at yet.
#[derive(Debug)]
pub(super) struct UnauthenticatedCall {
    pub(super) token: SecretString,
    parameters: Parameters,
    uri: Uri,
    pub(super) origin: Origin,
    who: Who,
    wants_to_be_another: bool,
    /// True for a change that is to be made under a condition.
    is_conditional: bool,
}

/// The headers of a change that is to be made under a condition (RFC 9110 section 13.1).
const CONDITIONS: [HeaderName; 2] = [header::IF_UNMODIFIED_SINCE, header::IF_MATCH];

impl UnauthenticatedCall {
    /// Reads the parameters and the token: the parameter `private_token`, `PRIVATE-TOKEN`, `Authorization:
    /// Bearer`, or the parameter `access_token` (docs/gitlab-api.md §2.1). An empty one is none, and two that
    /// differ are refused, because nobody knows whose request it is.
    pub(super) async fn read(request: Request) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        // `If-Match: *` asks only that there is something.
        let conditions = CONDITIONS.map(|condition| parts.headers.get(condition));
        let is_conditional = conditions.into_iter().flatten().any(|value| value != "*");
        let mut parameters = Parameters::read(&parts, body).await?;
        let written = parameters.take_tokens();
        let in_headers = private_tokens(&parts.headers).chain(bearers(&parts.headers));
        let mut tokens = written
            .into_iter()
            .chain(in_headers)
            .filter(|token| !token.expose_secret().is_empty());
        let token = tokens.next().ok_or(ApiError::Unauthorized)?;
        // gitlabform sends one token in two headers.
        if tokens.any(|other| other.expose_secret() != token.expose_secret()) {
            return Err(ApiError::parameter(
                "two tokens are one too many: send one, in PRIVATE-TOKEN, Authorization, private_token or \
                 access_token",
            ));
        }
        // The router has cut off the prefix of all paths; links need it.
        let original = parts.extensions.get::<OriginalUri>();
        let uri = original.map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        let wants_to_be_another = parameters.has("sudo") || parts.headers.contains_key("sudo");
        Ok(Self {
            token,
            wants_to_be_another,
            is_conditional: is_conditional && !parts.method.is_safe(),
            parameters,
            uri,
            origin: origin(&parts.extensions, Face::Api),
            who: Who::of(&parts.extensions),
        })
    }

    /// Admits the caller who presents the token.
    pub(super) async fn admit(self, state: &AdminState) -> Result<Call, AuthenticationError> {
        let caller = state
            .admission
            .admit_access_token(&self.token, &self.origin)
            .await?;
        self.who.is(caller.username.as_str());
        Ok(Call {
            caller,
            parameters: self.parameters,
            uri: self.uri,
            origin: self.origin,
            wants_to_be_another: self.wants_to_be_another,
            is_conditional: self.is_conditional,
        })
    }
}

fn private_tokens(headers: &HeaderMap) -> impl Iterator<Item = SecretString> {
    let values = headers.get_all("private-token").into_iter();
    values.filter_map(|value| value.to_str().ok().map(SecretString::from))
}

/// The tokens of `Authorization: Bearer` (RFC 6750 section 2.1). Another scheme is for a proxy before us.
fn bearers(headers: &HeaderMap) -> impl Iterator<Item = SecretString> {
    let values = headers.get_all(header::AUTHORIZATION).into_iter();
    values.filter_map(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| SecretString::from(token.trim()))
    })
}
