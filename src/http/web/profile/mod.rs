//! `/profile`: what belongs to the user alone, such as their password, second factor and sessions.

mod password;
mod session_end;
mod sessions;
mod show;
mod two_factor;

use axum::Router;
use axum::routing::{get, post};

use crate::http::web::state::WebState;

/// The routes of these pages.
pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/profile", get(show::get))
        .route("/profile/password", get(password::get).post(password::post))
        .route(
            two_factor::PATH,
            get(two_factor::get).post(two_factor::begin),
        )
        .route("/profile/two_factor/confirm", post(two_factor::confirm))
        .route(
            "/profile/two_factor/turn_off",
            get(two_factor::off::get).post(two_factor::off::post),
        )
        .route("/profile/sessions", get(sessions::list))
        .route(
            "/profile/sessions/{id}/end",
            get(session_end::get).post(session_end::post),
        )
}
