//! The ops listener: for the operator only.

use axum::Router;

use crate::http::layers::{Detail, Health, health_routes};

/// All routes of the ops listener.
pub fn router(health: Health) -> Router {
    health_routes(health, Detail::EachCheck)
}
