//! A hint for people who log in to a listener of ours in place of their registry.
//!
//! `docker login` shows no more than the status of `GET /v2/`, unless that sends it elsewhere for a token: what the
//! answer there says is shown (docs/protocol.md §5).

use axum::Json;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::http::layers::replies::distribution_error::DistributionError;

/// The path to which `/v2/` sends clients, and which gives no token to anybody.
pub const HINT: &str = "/not-a-registry";

/// The sentence that is shown.
const SENTENCE: &str = "this is the token service, not the registry; log in to the registry's host, with which the \
                        names of your images begin: it sends its clients here by itself";

/// The routes of the hint, whose address for clients is `address`.
pub fn hint_routes(address: &str) -> Router {
    let challenge = format!("Bearer realm=\"{address}\",service=\"not-a-registry\"");
    let challenge = HeaderValue::from_str(&challenge).ok();
    // A slash at the end may be cut off before.
    let first = any(async || challenged(challenge));
    Router::new()
        .route("/v2", first.clone())
        .route("/v2/", first)
        .route(
            "/v2/{*path}",
            any(async || hint(StatusCode::NOT_FOUND, "NOT_FOUND")),
        )
        .route(HINT, any(async || hint(StatusCode::FORBIDDEN, "DENIED")))
}

fn challenged(challenge: Option<HeaderValue>) -> Response {
    let mut response = hint(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    if let Some(challenge) = challenge {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn hint(status: StatusCode, code: &str) -> Response {
    let body = DistributionError::new(code, SENTENCE).for_all_clients();
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
