//! All layers in their order, around any listener's routes.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::Route;
use futures_util::FutureExt;
use hyper::body::Body;
use tower::{Service, ServiceExt, service_fn};
use tracing::{Instrument, Span};

use crate::http::layers::direct_route::DirectRoute;
use crate::http::layers::request_context::RequestContext;
use crate::http::layers::request_id::RequestId;
use crate::http::layers::request_line::RequestLine;
use crate::http::layers::settings::LayerSettings;
use crate::http::layers::{client_address, deadline, panics, slashes};

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The routes of a listener with all layers around them.
#[derive(Debug, Clone)]
pub struct Framed {
    settings: Arc<LayerSettings>,
    direct: Option<DirectRoute>,
    routes: Router,
}

/// Puts the layers around `routes`: every reply has an id and a line in the log, panics too.
pub fn frame(routes: Router, settings: &LayerSettings) -> Framed {
    let settings = Arc::new(settings.clone());
    let shared = Arc::clone(&settings);
    // One layer for all that is done, because a layer of its own for each would cost more than what they do.
    let accompanied = tower::layer::layer_fn(move |route: Route| {
        let settings = Arc::clone(&shared);
        service_fn(move |request| {
            let route = route.clone();
            let answer = |request| reply_of(route, request);
            accompany(Arc::clone(&settings), (request, None), answer).map(Ok::<_, Infallible>)
        })
    });
    Framed {
        settings,
        direct: None,
        routes: routes.layer(accompanied),
    }
}

impl Framed {
    /// The same, where a `GET` of `path` has this answer, with the same layers, before the router is asked. Layers that only the
    /// router has are not around it.
    #[must_use]
    pub fn with_direct<A>(
        self,
        path: &'static str,
        answer: impl Fn(Request) -> A + Clone + Send + Sync + 'static,
    ) -> Self
    where
        A: Future<Output = Response> + Send + 'static,
    {
        let settings = Arc::clone(&self.settings);
        let direct = DirectRoute::new(path, move |request| {
            accompany(Arc::clone(&settings), (request, Some(path)), answer.clone())
        });
        Self {
            direct: Some(direct),
            ..self
        }
    }

    /// The reply to a request.
    pub async fn answer(&self, request: Request) -> Response {
        let request = slashes::tidied(request);
        if let Some(route) = self.direct.as_ref().filter(|route| route.takes(&request)) {
            return route.answer(request).await;
        }
        reply_of(self.routes.clone(), request).await
    }
}

/// The reply of routes, which never fail to give one.
async fn reply_of<S>(routes: S, request: Request) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let reply = routes.oneshot(request).await;
    reply.unwrap_or_else(|never| match never {})
}

/// Gives a request its id, its client's address, its deadline and its line in the log, and a reply whatever happens. A
/// route that was found without the router comes with its pattern.
async fn accompany<A: Future<Output = Response>>(
    settings: Arc<LayerSettings>,
    (mut request, pattern): (Request, Option<&'static str>),
    answer: impl FnOnce(Request) -> A,
) -> Response {
    let id = RequestId::new(&*settings.entropy);
    let address = client_address::of(&request, &settings);
    let context = Arc::new(RequestContext::new(id, address));
    request.extensions_mut().insert(Arc::clone(&context));
    if !request.body().is_end_stream() {
        DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    }
    let line = RequestLine::begin((&request, pattern), context, Arc::clone(&settings));
    let span = line.span();
    let answer = AssertUnwindSafe(async { answer(request).await }).catch_unwind();
    let answer = answer.map(|answer| answer.unwrap_or_else(|_panic| panics::reply()));
    let mut response = {
        let answer = pin!(answer.instrument(span.clone()));
        deadline::keep(settings.deadline, answer).await
    };
    trace_status(&span, response.status());
    // A defect of the log must not cut the connection off.
    let _ = catch_unwind(AssertUnwindSafe(|| line.finish(&response)));
    response
        .headers_mut()
        .insert(RequestId::HEADER, id.to_header());
    response
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use axum::body::{Body, to_bytes};
    use axum::routing::get;

    use super::*;

    /// Routes of which `/often` is found without the router, and the requests that they have answered.
    fn routes() -> (Framed, Arc<Mutex<Vec<String>>>) {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&ended);
        let settings = LayerSettings {
            deadline: Duration::from_millis(50),
            ended: Arc::new(move |request| {
                let line = format!("{} {} {}", request.method, request.route, request.status);
                told.lock().unwrap().push(line);
            }),
            ..LayerSettings::for_tests()
        };
        let routes = Router::new()
            .route(
                "/often",
                get(|| async { "by the router" }).post(|| async { "posted" }),
            )
            .route("/seldom", get(|| async { "seldom" }));
        let direct = async |request: Request| match request.uri().query() {
            Some("panic") => panic!("a defect"),
            Some("hang") => std::future::pending().await,
            _ => Response::new(Body::from("directly")),
        };
        let framed = frame(routes, &settings).with_direct("/often", direct);
        (framed, ended)
    }

    async fn ask(routes: &Framed, method: &str, path: &str) -> (StatusCode, String) {
        let request = axum::http::Request::builder().method(method).uri(path);
        let reply = routes.answer(request.body(Body::empty()).unwrap()).await;
        assert!(reply.headers().contains_key(RequestId::HEADER), "{path}");
        let status = reply.status();
        let body = to_bytes(reply.into_body(), 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_direct_route_has_the_layers_of_all_others() {
        let (routes, ended) = routes();
        let asked = [
            ("GET", "/often", 200, Some("directly")),
            ("GET", "//often/?query", 200, Some("directly")),
            ("POST", "/often", 200, Some("posted")),
            ("HEAD", "/often", 200, Some("")),
            ("DELETE", "/often", 405, None),
            ("GET", "/often/more", 404, None),
            ("GET", "/seldom", 200, Some("seldom")),
            ("GET", "/often?panic", 500, None),
            ("GET", "/often?hang", 503, None),
        ];
        for (method, path, status, body) in asked {
            let (answered, text) = ask(&routes, method, path).await;
            assert_eq!(answered.as_u16(), status, "{method} {path}");
            assert!(
                body.is_none_or(|body| body == text),
                "{method} {path}: {text}"
            );
        }
        let lines = [
            "GET /often 200",
            "GET /often 200",
            "POST /often 200",
            "HEAD /often 200",
            "DELETE /often 405",
            "GET none 404",
            "GET /seldom 200",
            "GET /often 500",
            "GET /often 503",
        ];
        assert_eq!(*ended.lock().unwrap(), lines);
    }
}
