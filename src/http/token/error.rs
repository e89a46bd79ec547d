//! Errors as registries' clients read them.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::DeskError;
use crate::app::registry::IssueError;
use crate::domain::authority::Refusal;
use crate::domain::authority::cause::Cause;
use crate::http::layers::{DistributionError, LogNote, WHILE_AWAY, retry_after, waiting_time};
use crate::identity::AuthenticationError;

/// The message for every refused credential, whatever the cause.
const WRONG_CREDENTIAL: &str =
    "the user name, password or token is wrong, or the token has expired or was revoked";
/// The message for a request without any credential, which nobody needs to look for a mistake in.
const NO_CREDENTIAL: &str = "no credential was sent: log in with a user name and a token";
const TRY_AGAIN: &str = "the token service cannot answer at the moment; try again in a few seconds";

/// A reply with one error.
pub(super) fn reply(status: StatusCode, code: &str, message: &str) -> Response {
    let body = DistributionError::new(code, message);
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl IntoResponse for IssueError {
    fn into_response(self) -> Response {
        let note = LogNote::of_error(&self);
        let mut response = match &self {
            Self::Authentication(AuthenticationError::Wrong(Cause::AnonymousAccessOff))
            // The browser then asks its user for a name and a password, and the page sends them.
            | Self::LoginWanted => login_wanted(),
            Self::Authentication(AuthenticationError::Wrong(_))
            | Self::Refresh(DeskError::Forbidden(Refusal::Credential(_))) => unauthorized(),
            Self::Authentication(AuthenticationError::Throttled(wait, _)) => too_many(*wait),
            Self::NoRegistryScope(_) => reply(StatusCode::FORBIDDEN, "DENIED", &self.to_string()),
            Self::MalformedRequest(malformed) => {
                reply(StatusCode::BAD_REQUEST, "BAD_REQUEST", &malformed.0)
            }
            Self::Authentication(_) | Self::Storage(_) | Self::Refresh(_) | Self::Signing(_) => {
                if self.is_temporary() {
                    unavailable()
                } else {
                    failed()
                }
            }
        };
        response.extensions_mut().insert(note);
        response
    }
}

/// The reply to a wrong credential, the same byte for byte for every cause.
pub(super) fn unauthorized() -> Response {
    challenge(WRONG_CREDENTIAL)
}

/// The reply to a request without a credential, where there is nothing for strangers.
pub(super) fn login_wanted() -> Response {
    challenge(NO_CREDENTIAL)
}

/// A 401 with its challenge, which RFC 9110 section 11.6.1 requires.
fn challenge(message: &str) -> Response {
    let mut response = reply(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message);
    let challenge = HeaderValue::from_static("Basic realm=\"wharfinger\", charset=\"UTF-8\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// The reply to a caller who has to wait because too many logins failed (RFC 6585 section 4).
fn too_many(wait: Duration) -> Response {
    let message = format!(
        "too many logins failed; correct the user name, password or token, and try again in {}",
        waiting_time(wait)
    );
    let mut response = reply(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", &message);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, retry_after(wait));
    response
}

/// A defect of ours, or storage that this version cannot read.
pub(super) fn failed() -> Response {
    let why = "the token service failed; its log says why";
    reply(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", why)
}

/// The reply while we cannot answer; never a code that reads as "log in again" (docs/protocol.md §0.9).
pub(super) fn unavailable() -> Response {
    let mut response = reply(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", TRY_AGAIN);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, retry_after(WHILE_AWAY));
    response
}
