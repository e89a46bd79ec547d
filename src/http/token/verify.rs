//! `GET /auth/verify`: forward authentication for nginx (`auth_request`), Traefik and Caddy.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;

use crate::app::registry::{RegistryTokenIssuer, VerifyError};
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::events::origin::Face;
use crate::http::layers::{LogNote, Who, origin};
use crate::http::token::credential;
use crate::http::token::error::{failed, reply, unauthorized, unavailable};
use crate::identity::{AuthenticationError, PresentedCredential};

/// Answers 204 with `X-Auth-User`, or 401 with a challenge.
pub(super) async fn get(
    State(issuer): State<RegistryTokenIssuer>,
    who: Who,
    request: Request,
) -> Response {
    let Some(sufficient) = sufficient(request.uri().query().unwrap_or_default()) else {
        return misconfigured();
    };
    let Some(token) = token(request.headers()) else {
        return refused(&VerifyError::NoToken);
    };
    let origin = origin(request.extensions(), Face::Registry);
    match issuer.verify(&token, &sufficient, &origin).await {
        Ok(username) => {
            let value =
                HeaderValue::from_str(username.as_str()).unwrap_or(HeaderValue::from_static(""));
            let headers = [(header::HeaderName::from_static("x-auth-user"), value)];
            who.is(username.as_str());
            (StatusCode::NO_CONTENT, headers).into_response()
        }
        Err(error) => refused(&error),
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

fn refused(error: &VerifyError) -> Response {
    let mut response = match error {
        VerifyError::NoToken
        | VerifyError::Scope(_)
        | VerifyError::Authentication(AuthenticationError::Wrong(_)) => unauthorized(),
        VerifyError::Authentication(error) if error.is_temporary() => unavailable(),
        VerifyError::Authentication(_) => failed(),
    };
    response.extensions_mut().insert(LogNote::of_error(error));
    response
}

/// A personal access token: the secret of Basic, `PRIVATE-TOKEN`, or Bearer (RFC 6750 section 2.1).
fn token(headers: &HeaderMap) -> Option<SecretString> {
    // The service behind the proxy might choose the other one of two headers of a kind.
    let is_single = |name: &str| headers.get_all(name).iter().nth(1).is_none();
    if !is_single("private-token") || !is_single(header::AUTHORIZATION.as_str()) {
        return None;
    }
    if let Some(value) = headers.get("private-token") {
        return value.to_str().ok().map(SecretString::from);
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Some(SecretString::from(token.trim()))
        }
        _ => match credential::read(headers) {
            PresentedCredential::Basic { secret, .. } => Some(secret),
            PresentedCredential::Nothing
            | PresentedCredential::Unreadable
            | PresentedCredential::RefreshToken(_) => None,
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
