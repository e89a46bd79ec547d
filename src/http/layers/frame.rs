//! All layers in their order, around any listener's routes.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::layers::settings::LayerSettings;
use crate::http::layers::{client_address, deadline, panics, request_id, request_log, slashes};

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Puts the layers around `routes`: every reply has an id and a line in the log, panics too.
pub fn frame(routes: Router, settings: &LayerSettings) -> Router {
    // The last layer is the outermost.
    let routes = routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(panics::reply))
        .layer(from_fn_with_state(settings.clone(), deadline::keep))
        .layer(axum::middleware::from_fn(request_log::log))
        .layer(from_fn_with_state(settings.clone(), client_address::note))
        // A second time: a defect of the log must not cut the connection off.
        .layer(CatchPanicLayer::custom(panics::reply))
        .layer(from_fn_with_state(settings.clone(), request_id::assign));
    slashes::tolerated(routes)
}
