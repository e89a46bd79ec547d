//! All layers in their order, around any listener's routes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::layers::request_id::RequestId;
use crate::http::layers::request_line::RequestLine;
use crate::http::layers::settings::LayerSettings;
use crate::http::layers::who::Who;
use crate::http::layers::{client_address, deadline, panics, slashes};

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Puts the layers around `routes`: every reply has an id and a line in the log, panics too.
pub fn frame(routes: Router, settings: &LayerSettings) -> Router {
    // The last layer is the outermost.
    let routes = routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(panics::reply))
        .layer(from_fn_with_state(Arc::new(settings.clone()), accompany));
    slashes::tolerated(routes)
}

/// Gives a request its id, its client's address, its deadline and its line in the log. All in one, because a layer of its
/// own for each would cost more than what they do.
async fn accompany(
    State(settings): State<Arc<LayerSettings>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::new(&*settings.entropy);
    let value = id.to_header();
    let who = Who::default();
    if let Some(address) = client_address::of(&request, &*settings.trusts_proxy) {
        request.extensions_mut().insert(address);
    }
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(who.clone());
    let line = RequestLine::begin(&request, who, settings.requests.clone());
    let mut response = deadline::keep(settings.deadline, next.run(request)).await;
    // A defect of the log must not cut the connection off.
    let _ = catch_unwind(AssertUnwindSafe(|| line.finish(&response)));
    response.headers_mut().insert(RequestId::HEADER, value);
    response
}
