//! `GET /auth/verify`: forward authentication for nginx (`auth_request`), Traefik and Caddy.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};

use crate::app::registry::{RegistryTokenIssuer, VerifyError};
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::events::origin::Face;
use crate::http::layers::{LogNote, Who, origin, retry_after};
use crate::http::token::credential;
use crate::http::token::error::{failed, login_wanted, reply, unauthorized, unavailable};
use crate::identity::{AuthenticationError, PresentedCredential};

const PRIVATE_TOKEN: &str = "private-token";

/// Answers 204 with `X-Auth-User`, 401 with a challenge, or 403 to two credentials.
pub(super) async fn get(
    State(issuer): State<Arc<RegistryTokenIssuer>>,
    who: Who,
    request: Request,
) -> Response {
    let Some(sufficient) = sufficient(request.uri().query().unwrap_or_default()) else {
        return misconfigured();
    };
    let token = match tokens(request.headers()).as_slice() {
        [Some(token)] => token.clone(),
        [] => return refused(&VerifyError::NoToken),
        [None] => return refused(&VerifyError::UnreadableToken),
        [Some(token), Some(same)] if token.expose_secret() == same.expose_secret() => token.clone(),
        [_, ..] => return ambiguous(),
    };
    let origin = origin(request.extensions(), Face::Registry);
    match issuer.verify(&token, &sufficient, &origin).await {
        Ok(username) => {
            let value =
                HeaderValue::from_str(username.as_str()).unwrap_or(HeaderValue::from_static(""));
            let headers = [
                (header::HeaderName::from_static("x-auth-user"), value),
                // A proxy that keeps replies would give this one's yes to everybody.
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            who.is(username.as_str());
            (StatusCode::NO_CONTENT, headers).into_response()
        }
        Err(error) => {
            if let VerifyError::Scope(owner) | VerifyError::Repositories(owner) = &error {
                who.is(owner.as_str());
            }
            refused(&error)
        }
    }
}

/// The reply to a proxy that is configured to ask for an unknown scope. It does not repeat the scope, which
/// may be a secret in the wrong place.
fn misconfigured() -> Response {
    let message = "the parameter `scope` names something else than api, read_api, read_user, read_registry, \
                   write_registry, delete_registry and self_rotate";
    let mut response = reply(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
    response.extensions_mut().insert(LogNote::sentence(message));
    response
}

/// The reply to two credentials: the service behind the proxy might choose the other one. A 400 would be 500 behind nginx, as if
/// something were broken.
fn ambiguous() -> Response {
    let message =
        "two credentials are one too many: send either PRIVATE-TOKEN or Authorization, once";
    let mut response = reply(StatusCode::FORBIDDEN, "DENIED", message);
    response.extensions_mut().insert(LogNote::sentence(message));
    response
}

fn refused(error: &VerifyError) -> Response {
    let mut response = match error {
        VerifyError::NoToken => login_wanted(),
        VerifyError::UnreadableToken
        | VerifyError::Scope(_)
        | VerifyError::Repositories(_)
        | VerifyError::Authentication(AuthenticationError::Wrong(_)) => unauthorized(),
        // A 429 would be 500 behind nginx, which knows only 401 and 403, and would pass on no challenge.
        VerifyError::Authentication(AuthenticationError::Throttled(wait, _)) => {
            let mut response = unauthorized();
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after(*wait));
            response
        }
        VerifyError::Authentication(error) if error.is_temporary() => unavailable(),
        VerifyError::Authentication(_) => failed(),
    };
    response.extensions_mut().insert(LogNote::of_error(error));
    response
}

/// The tokens in the headers: `PRIVATE-TOKEN`, and the secret of Basic or Bearer (RFC 6750 section 2.1); none in
/// the place of one that cannot be read, and of two headers of a kind.
fn tokens(headers: &HeaderMap) -> Vec<Option<SecretString>> {
    let mut found = Vec::new();
    if headers.contains_key(PRIVATE_TOKEN) {
        let private = |value: &HeaderValue| value.to_str().ok().map(SecretString::from);
        found.push(only(headers, PRIVATE_TOKEN).and_then(private));
    }
    if headers.contains_key(header::AUTHORIZATION) {
        found.push(only(headers, header::AUTHORIZATION.as_str()).and_then(authorized));
    }
    found
}

/// The value of a header, unless there are two.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn authorized(value: &HeaderValue) -> Option<SecretString> {
    match value.to_str().ok()?.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().into()),
        _ => match credential::basic(value.as_bytes()) {
            Some(PresentedCredential::Basic { secret, .. }) => Some(secret),
            _ => None,
        },
    }
}

/// The scopes of which one suffices: those of `scope`, with spaces or commas between, or `api`; nothing if one
/// is unknown.
fn sufficient(query: &str) -> Option<Vec<AccessTokenScope>> {
    let values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "scope");
    let mut scopes = Vec::new();
    for (_, value) in values {
        for name in value.split([' ', ',']).filter(|name| !name.is_empty()) {
            scopes.push(name.parse().ok()?);
        }
    }
    Some(if scopes.is_empty() {
        vec![AccessTokenScope::Api]
    } else {
        scopes
    })
}
