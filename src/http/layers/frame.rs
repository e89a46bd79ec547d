//! All layers in their order, around any listener's routes.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::Route;
use futures_util::FutureExt;
use hyper::body::Body;
use tower::util::MapRequest;
use tower::{ServiceExt, service_fn};
use tracing::{Instrument, Span};

use crate::http::layers::request_context::RequestContext;
use crate::http::layers::request_id::RequestId;
use crate::http::layers::request_line::RequestLine;
use crate::http::layers::settings::LayerSettings;
use crate::http::layers::{client_address, deadline, panics, slashes};

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The routes of a listener with all layers around them.
pub type Framed = MapRequest<Router, fn(Request) -> Request>;

/// Puts the layers around `routes`: every reply has an id and a line in the log, panics too.
pub fn frame(routes: Router, settings: &LayerSettings) -> Framed {
    let settings = Arc::new(settings.clone());
    // One layer for all that is done, because a layer of its own for each would cost more than what they do.
    let accompanied = tower::layer::layer_fn(move |route: Route| {
        let settings = Arc::clone(&settings);
        service_fn(move |request| accompany(Arc::clone(&settings), request, route.clone()))
    });
    slashes::tolerated(routes.layer(accompanied))
}

/// Gives a request its id, its client's address, its deadline and its line in the log, and a reply whatever happens.
async fn accompany(
    settings: Arc<LayerSettings>,
    mut request: Request,
    route: Route,
) -> Result<Response, Infallible> {
    let id = RequestId::new(&*settings.entropy);
    let address = client_address::of(&request, &settings);
    let context = Arc::new(RequestContext::new(id, address));
    request.extensions_mut().insert(Arc::clone(&context));
    if !request.body().is_end_stream() {
        DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    }
    let line = RequestLine::begin(&request, context, Arc::clone(&settings));
    let span = line.span();
    let answer = AssertUnwindSafe(route.oneshot(request)).catch_unwind();
    let answer = async {
        match answer.await {
            Ok(answer) => answer.unwrap_or_else(|never| match never {}),
            Err(_panic) => panics::reply(),
        }
    };
    let answer = answer.instrument(span.clone());
    let mut response = deadline::keep(settings.deadline, answer).await;
    trace_status(&span, response.status());
    // A defect of the log must not cut the connection off.
    let _ = catch_unwind(AssertUnwindSafe(|| line.finish(&response)));
    response
        .headers_mut()
        .insert(RequestId::HEADER, id.to_header());
    Ok(response)
}

/// Notes the status in a trace, by the names of OpenTelemetry's conventions for HTTP.
fn trace_status(span: &Span, status: StatusCode) {
    if !span.is_disabled() {
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
    }
}
