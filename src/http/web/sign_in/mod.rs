//! `/sign_in` and `/sign_out`: how a session begins and ends.

mod code;
mod out;
mod password;

use axum::Router;
use axum::routing::{get, post};

use crate::http::web::state::WebState;

/// The routes of these pages.
pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/sign_in", get(password::get).post(password::post))
        .route(password::CODE, get(code::get).post(code::post))
        .route("/sign_out", post(out::post))
}
