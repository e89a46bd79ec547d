//! Requests of web pages: browsers send them to another origin only if that one allows it (the Fetch standard,
//! CORS protocol).
//!
//! Not `tower_http`'s layer: that answers a preflight with 200, and does not tell the endpoint that a page asks.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The origins that may ask, as browsers write them.
pub(super) type Listed = Arc<[String]>;

/// A mark on the requests of pages from a listed origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromPage;

/// Answers the preflights of listed origins, and lets their pages read the replies. Others get what they always get,
/// which browsers then keep from them.
pub(super) async fn answer(
    State(listed): State<Listed>,
    mut request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let origin = origin.filter(|origin| {
        listed
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes())
    });
    let Some(origin) = origin else {
        return varying(next.run(request).await);
    };
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight {
        return varying(allowed(preflight(), origin));
    }
    request.extensions_mut().insert(FromPage);
    varying(allowed(next.run(request).await, origin))
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The reply with the right of that origin's pages to read it, and to have sent a credential.
fn allowed(mut response: Response, origin: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let words = [
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "www-authenticate, retry-after, x-request-id",
        ),
    ];
    for (name, value) in words {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The reply with a word to caches that it depends on the origin.
fn varying(mut response: Response) -> Response {
    let origin = HeaderValue::from_static("Origin");
    response.headers_mut().append(header::VARY, origin);
    response
}
