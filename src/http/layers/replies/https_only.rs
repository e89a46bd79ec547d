//! Replies to plain HTTP on a listener that speaks TLS.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Json, Router};

use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::replies::distribution_error::DistributionError;

/// The routes for clients that speak plain HTTP to a listener that speaks TLS.
pub fn https_only_routes() -> Router {
    Router::new().fallback(async || {
        let message = "this address speaks HTTPS; write https:// before it";
        let body = DistributionError::new("UNSUPPORTED", message).for_all_clients();
        let mut response = (StatusCode::BAD_REQUEST, Json(body)).into_response();
        let note = LogNote::sentence("plain HTTP on a listener that speaks TLS");
        response.extensions_mut().insert(note);
        response
    })
}
