//! The reply to a request that made us panic.

use std::any::Any;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::layers::distribution_error::DistributionError;

/// The reply in place of the one that a panic cut off; the panic itself is in the log.
pub(super) fn reply(_panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = "the service failed; its log says why, under this reply's X-Request-Id";
    let body = DistributionError::new("UNKNOWN", message);
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
