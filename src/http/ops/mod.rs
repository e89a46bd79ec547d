//! The ops listener: for the operator only.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::layers::{Health, HealthDetail, health_routes, pulls_route};
use crate::metrics::{Metrics, TextFormat};

/// The media types of `/metrics`; without a wish for the first, it is the second.
const OPEN_METRICS: &str = "application/openmetrics-text";
const OPEN_METRICS_1: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All routes of the ops listener; `pulls` is the health of the token listener.
pub fn router(health: Health, pulls: Health, metrics: Metrics) -> Router {
    let here = "Metrics are at /metrics, the health of each part at /readyz, that of pulls alone at /readyz/pulls, and a sign of life \
                at /livez.\n";
    Router::new()
        .route("/", get(async move || here))
        .route("/metrics", get(read))
        .with_state(metrics)
        .merge(health_routes(health, HealthDetail::EachCheck))
        .merge(pulls_route(pulls))
}

async fn read(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    let accepted = accepted.unwrap_or_default();
    let takes_open_metrics = accepted
        .windows(OPEN_METRICS.len())
        .any(|part| part.eq_ignore_ascii_case(OPEN_METRICS.as_bytes()));
    let (format, media_type) = if takes_open_metrics {
        (TextFormat::OpenMetrics, OPEN_METRICS_1)
    } else {
        (TextFormat::Prometheus, PROMETHEUS)
    };
    match metrics.text(format) {
        Ok(text) => ([(header::CONTENT_TYPE, media_type)], text).into_response(),
        Err(std::fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
