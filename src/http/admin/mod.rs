//! The admin listener: the REST API under `/api/v4`, as GitLab's clients know it.
//!
//! Each noun has a room. An endpoint reads its input, asks for the caller's authority, and calls one
//! function of [`app`](crate::app).

mod access_tokens;
mod application_settings;
mod audit_events;
mod call;
mod deploy_tokens;
mod documents;
mod error;
mod foreign;
mod members;
mod namespaces;
mod notices;
mod page;
mod parameters;
mod refresh_tokens;
mod registry;
mod repositories;
mod segments;
mod state;
mod two_factor;
mod usage;
mod users;
mod version;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use error::ApiError;

pub use state::AdminState;

/// All routes of the API and its description.
pub fn router(state: AdminState) -> Router {
    let (api, _) = described_operations(&state.public_url);
    let public_url = Arc::clone(&state.public_url);
    let description = move || described_operations(&public_url).1;
    api.with_state(state)
        .layer(map_response(never_stored))
        .merge(documents::routes(description))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
}

/// The routes of the API at that address, and their description.
fn described_operations(public_url: &str) -> (Router<AdminState>, OpenApi) {
    let about = documents::about(public_url);
    let operations = OpenApiRouter::new()
        .routes(routes!(version::get))
        .routes(routes!(version::metadata))
        .routes(routes!(application_settings::get))
        .routes(routes!(registry::explain))
        .merge(users::routes())
        .merge(two_factor::routes())
        .merge(namespaces::routes())
        .merge(access_tokens::routes())
        .routes(routes!(deploy_tokens::list_everywhere))
        .routes(routes!(audit_events::list_everywhere))
        .routes(routes!(audit_events::get_anywhere))
        .routes(routes!(notices::list))
        .routes(routes!(usage::list))
        .routes(routes!(refresh_tokens::list))
        .routes(routes!(refresh_tokens::revoke));
    // A nested router keeps its operations only, so the words about the whole belong here.
    let (api, mut description) = OpenApiRouter::with_openapi(about)
        .nest("/api/v4", operations)
        .split_for_parts();
    documents::finish(&mut description);
    (api, description)
}

/// The reply to a program at an address at which there is nothing.
pub fn unknown_address(uri: &Uri) -> Response {
    if is_of_api(uri) {
        ApiError::not_found("").into_response()
    } else {
        ApiError::NowhereNear.into_response()
    }
}

/// True for the addresses of the API, where there are no pages.
pub fn is_of_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

/// Forbids caches to keep replies: they hold private things, and some a secret.
async fn never_stored(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
