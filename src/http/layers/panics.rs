//! The reply to a request that made us panic.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::layers::distribution_error::DistributionError;

/// The reply in place of the one that a panic cut off; the panic itself is in the log.
pub(super) fn reply() -> Response {
    let message = "the service failed; its log says why, under this reply's X-Request-Id";
    let body = DistributionError::new("UNKNOWN", message);
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
