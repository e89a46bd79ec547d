//! A person's own access tokens.

mod chart;
mod ends;
mod form;
mod list;
mod new;
mod once;
mod revoke;
mod rotate;
mod show;
mod token;

use axum::Router;
use axum::routing::get;

use crate::http::web::state::WebState;

/// The routes of these pages.
pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/access_tokens", get(list::get))
        .route("/access_tokens/new", get(new::get).post(new::post))
        .route("/access_tokens/{id}", get(show::get))
        .route(
            "/access_tokens/{id}/rotate",
            get(rotate::get).post(rotate::post),
        )
        .route(
            "/access_tokens/{id}/revoke",
            get(revoke::get).post(revoke::post),
        )
}

/// The path of these pages in the navigation.
const HERE: &str = "/access_tokens";
