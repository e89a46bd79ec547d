//! The ops listener: for the operator only.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::layers::{Health, HealthDetail, health_routes};
use crate::metrics::Metrics;

/// The media type of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All routes of the ops listener.
pub fn router(health: Health, metrics: Metrics) -> Router {
    let here = "Metrics are at /metrics, the health of each part at /readyz, and a sign of life at /livez.\n";
    Router::new()
        .route("/", get(async move || here))
        .route("/metrics", get(read))
        .with_state(metrics)
        .merge(health_routes(health, HealthDetail::EachCheck))
}

async fn read(State(metrics): State<Metrics>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(std::fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
