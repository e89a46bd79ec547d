//! Replies of a service that cannot answer now.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};

use crate::http::layers::health::storage_question::StorageProblem;
use crate::http::layers::health::{Health, HealthDetail, pulls_route, routes};
use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::replies::distribution_error::DistributionError;
use crate::http::layers::replies::retry_after::{WHILE_AWAY, retry_after};

/// A reply that asks the client to come back.
pub(in crate::http::layers) fn unavailable(message: &str, note: LogNote) -> Response {
    let body = DistributionError::new("UNAVAILABLE", message).for_all_clients();
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, retry_after(WHILE_AWAY));
    response.extensions_mut().insert(note);
    response
}

/// The routes of a listener while the service starts: it lives, and is not ready.
pub fn starting_routes(detail: HealthDetail) -> Router {
    let storage = || {
        std::future::ready(Err(StorageProblem {
            text: "not open yet".to_owned(),
            is_away: false,
        }))
    };
    let health = Health::new(move || Box::pin(storage()));
    let here = match detail {
        HealthDetail::YesOrNo => routes(health, detail),
        HealthDetail::EachCheck => routes(health.clone(), detail).merge(pulls_route(health)),
    };
    here.fallback(async || {
        let message = "the service is starting; try again in a few seconds";
        unavailable(message, LogNote::sentence("the service is starting"))
    })
}
