//! Requests of web pages: browsers send them to another origin only if that one allows it (the Fetch standard,
//! CORS protocol).
//!
//! Not `tower_http`'s layer: that answers a preflight with 200, and does not tell the endpoint that a page asks.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The origins whose pages may ask, as browsers write them.
#[derive(Debug, Clone)]
pub struct PageOrigins {
    listed: Arc<[String]>,
    has_own: bool,
}

impl PageOrigins {
    /// The listed origins, of which one may be our `own`, at which clients reach this service.
    pub fn new(listed: &[String], own: &str) -> Self {
        Self {
            listed: listed.into(),
            has_own: listed.iter().any(|origin| origin == own),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    fn listed<'a>(&self, request: &'a Request) -> Option<&'a HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        let mut listed = self.listed.iter();
        listed
            .any(|known| known.as_bytes() == origin.as_bytes())
            .then_some(origin)
    }

    /// True for a page of our own origin, if that is listed: browsers name no origin where a page asks its own. Who follows a link
    /// there is no page.
    fn is_own_page(&self, request: &Request) -> bool {
        let headers = request.headers();
        let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
        self.has_own
            && !headers.contains_key(header::ORIGIN)
            && says("sec-fetch-site", "same-origin")
            && !says("sec-fetch-mode", "navigate")
    }
}

/// A mark on the requests of pages from a listed origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromPage;

/// Lets the pages of listed origins read the replies, also those that no route made. Others get what they always get, which browsers then
/// keep from them.
pub(super) async fn allow(
    State(pages): State<PageOrigins>,
    request: Request,
    next: Next,
) -> Response {
    let origin = pages.listed(&request).cloned();
    let reply = next.run(request).await;
    varying(match origin {
        Some(origin) => allowed(reply, origin),
        None => reply,
    })
}

/// Answers the preflights of listed origins, and marks the requests of their pages.
pub(super) async fn answer(
    State(pages): State<PageOrigins>,
    mut request: Request,
    next: Next,
) -> Response {
    if pages.listed(&request).is_some() {
        let asks_first = request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if asks_first && request.method() == Method::OPTIONS {
            return preflight();
        }
        request.extensions_mut().insert(FromPage);
    } else if pages.is_own_page(&request) {
        request.extensions_mut().insert(FromPage);
    }
    next.run(request).await
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

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;

    use super::*;
    use crate::http::layers::{LayerSettings, frame};

    /// Else a browser would tell the page of an error of the network.
    #[tokio::test]
    async fn a_page_may_read_that_the_service_failed_or_took_too_long() {
        let page = "https://ui.example.com";
        let pages = PageOrigins::new(&[page.to_owned()], "https://auth.example.com");
        let settings = LayerSettings {
            deadline: Duration::from_millis(20),
            ..LayerSettings::for_tests()
        };
        let routes = Router::new()
            .route("/defect", get(async || -> () { panic!("a defect") }))
            .route("/slow", get(pending::<()>))
            .layer(from_fn_with_state(pages.clone(), answer));
        let framed = frame(routes, &settings)
            .dressed(|routes| routes.layer(from_fn_with_state(pages, allow)));
        for (path, status) in [("/defect", 500), ("/slow", 503)] {
            let request = Request::get(path).header(header::ORIGIN, page);
            let request = request.body(Body::empty()).unwrap();
            let reply = framed.answer(request, None).await;
            assert_eq!(reply.status(), status);
            let allowed = &reply.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN];
            assert_eq!(allowed, page, "{path}");
        }
    }
}
