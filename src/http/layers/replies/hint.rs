//! A hint for people who log in to a listener of ours in place of their registry.
//!
//! `docker login` shows no more than the status of `GET /v2/`, unless that sends it elsewhere for a token: what the
//! answer there says is shown (docs/protocol.md §5).

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Json, Router};

use crate::http::layers::replies::distribution_error::DistributionError;

/// The path to which `/v2/` sends clients, and which gives no token to anybody.
pub const HINT: &str = "/not-a-registry";

/// The sentence that is shown.
const SENTENCE: &str = "this is the token service, not the registry; log in to the registry's host, with which the \
                        names of your images begin: it sends its clients here by itself";

/// The routes of the hint, whose address for clients is `address`.
pub fn hint_routes(address: &str) -> Router {
    let address = address.to_owned();
    routes(any(async move || challenged(&address)))
}

/// The routes of the hint on a listener for which nobody configures an address for clients: it is the host that they ask. The address
/// that it listens on, which may be no host's, stands for one that is not named.
pub fn hint_routes_where_asked(scheme: &'static str, listen: SocketAddr) -> Router {
    routes(any(async move |request: Request| {
        let target = request.uri().authority().map(Authority::as_str);
        let field = request.headers().get(header::HOST);
        let named = target.or_else(|| field?.to_str().ok());
        let named = named.filter(|host| !host.is_empty()).map(str::to_owned);
        let host = named.unwrap_or_else(|| listen.to_string());
        challenged(&format!("{scheme}://{host}{HINT}"))
    }))
}

/// The routes, of which `first` leads clients on.
fn routes(first: MethodRouter) -> Router {
    // A slash at the end may be cut off before.
    Router::new()
        .route("/v2", first.clone())
        .route("/v2/", first)
        .route(
            "/v2/{*path}",
            any(async || hint(StatusCode::NOT_FOUND, "NOT_FOUND")),
        )
        .route(HINT, any(async || hint(StatusCode::FORBIDDEN, "DENIED")))
}

fn challenged(address: &str) -> Response {
    let mut response = hint(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    let challenge = format!("Bearer realm=\"{address}\",service=\"not-a-registry\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
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
