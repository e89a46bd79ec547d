//! `GET /.well-known/jwks.json`: the keys that verify our tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::registry::RegistryTokenIssuer;

/// Every live key, in all trust modes (RFC 7517 section 5).
pub(super) async fn get(State(issuer): State<Arc<RegistryTokenIssuer>>) -> Response {
    let caching = [(header::CACHE_CONTROL, "public, max-age=300")];
    (caching, Json(issuer.keys.jwks())).into_response()
}
