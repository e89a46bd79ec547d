//! All layers in their order, around any listener's routes.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::Route;
use futures_util::FutureExt;
use hyper::body::Body;
use tower::{Service, ServiceExt, service_fn};
use tracing::{Instrument, Span};

use crate::http::layers::client::client_address;
use crate::http::layers::client::who::Who;
use crate::http::layers::direct_route::DirectRoute;
use crate::http::layers::log::request_context::RequestContext;
use crate::http::layers::log::request_id::RequestId;
use crate::http::layers::log::request_line::RequestLine;
use crate::http::layers::replies::panics;
use crate::http::layers::settings::LayerSettings;
use crate::http::layers::{deadline, malformed, slashes};

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
            let (settings, route) = (Arc::clone(&settings), route.clone());
            async move {
                let peer = peer_of(&request);
                let answer = |request, context| reply_of(route, with_context(request, context));
                Ok::<_, Infallible>(accompany(&settings, (request, peer), None, answer).await)
            }
        })
    });
    Framed {
        settings,
        direct: None,
        routes: routes.layer(accompanied),
    }
}

impl Framed {
    /// The same, where a `GET` of `path` has this answer, before the router is asked. Layers that only the router has are not
    /// around it; its request has neither peer nor context among its extensions, and a body without a limit.
    #[must_use]
    pub fn with_direct<A>(
        self,
        path: &'static str,
        answer: impl Fn(Request, Who) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Future<Output = Response> + Send + 'static,
    {
        Self {
            direct: Some(DirectRoute::new(path, answer)),
            ..self
        }
    }

    /// Routes with a layer that `dress` puts around the router and all other layers, for what every reply has, also to a panic and at the
    /// deadline. It is not around a direct route.
    #[must_use]
    pub fn dressed(self, dress: impl FnOnce(Router) -> Router) -> Self {
        Self {
            routes: dress(self.routes),
            ..self
        }
    }

    /// The reply to a request as a connection brought it, which may be malformed.
    pub fn answer_received(
        &self,
        request: Request,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> {
        let Some(refusal) = malformed::refusal(&request) else {
            return self.answer(request, Some(peer)).left_future();
        };
        let answer = |_, _| ready(refusal);
        let reply = accompany(&self.settings, (request, Some(peer)), None, answer);
        // In a box, because each connection would else have room for it.
        reply.boxed().right_future()
    }

    /// The reply to a request of `peer`, if it is known.
    pub fn answer(
        &self,
        request: Request,
        peer: Option<SocketAddr>,
    ) -> impl Future<Output = Response> {
        let mut request = slashes::tidied(request);
        if let Some(route) = self.direct.as_ref().filter(|route| route.takes(&request)) {
            let answer = |request, context| route.answer(request, Who::in_context(context));
            let reply = accompany(&self.settings, (request, peer), Some(route.path), answer);
            return reply.left_future();
        }
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        reply_of(self.routes.clone(), request)
            .boxed()
            .right_future()
    }
}

/// The peer of a request that goes through the router.
fn peer_of(request: &Request) -> Option<SocketAddr> {
    let noted = request.extensions().get();
    noted.map(|ConnectInfo(peer)| *peer)
}

/// A request for the router, whose routes find its context in it, and read no more of its body than they should.
fn with_context(mut request: Request, context: Arc<RequestContext>) -> Request {
    request.extensions_mut().insert(context);
    if !request.body().is_end_stream() {
        DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    }
    request
}

/// The reply of routes, which never fail to give one.
async fn reply_of<S>(routes: S, request: Request) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let reply = routes.oneshot(request).await;
    reply.unwrap_or_else(|never| match never {})
}

/// Gives a request its id, its client's address, its deadline and its line in the log, and a reply whatever happens. A route
/// that was found without the router comes with its `pattern`.
///
/// The answer begins at once: a future that held the request would have room for it in each layer, and move it through all of them.
fn accompany<A: Future<Output = Response>>(
    settings: &LayerSettings,
    (request, peer): (Request, Option<SocketAddr>),
    pattern: Option<&'static str>,
    answer: impl FnOnce(Request, Arc<RequestContext>) -> A,
) -> impl Future<Output = Response> {
    let id = RequestId::new(&*settings.entropy);
    let address = peer.map(|peer| client_address::of(peer, request.headers(), settings));
    let context = Arc::new(RequestContext::new(id, address));
    let line = RequestLine::begin((&request, pattern), Arc::clone(&context), settings);
    let span = line.span();
    let begin = || span.in_scope(|| answer(request, context));
    let answer = match catch_unwind(AssertUnwindSafe(begin)) {
        Ok(answer) => AssertUnwindSafe(answer)
            .catch_unwind()
            .map(|answer| answer.unwrap_or_else(|_panic| panics::reply()))
            .left_future(),
        // In a box, because each connection would else have room for a reply here.
        Err(_panic) => ready(panics::reply()).boxed().right_future(),
    };
    async move {
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
        let direct = |request: Request, _| {
            let query = request.uri().query().map(str::to_owned);
            assert_ne!(query.as_deref(), Some("begin"), "a defect at once");
            async move {
                match query.as_deref() {
                    Some("panic") => panic!("a defect"),
                    Some("hang") => std::future::pending().await,
                    _ => Response::new(Body::from("directly")),
                }
            }
        };
        let framed = frame(routes, &settings).with_direct("/often", direct);
        (framed, ended)
    }

    async fn ask(routes: &Framed, method: &str, path: &str) -> (StatusCode, String) {
        let request = axum::http::Request::builder().method(method).uri(path);
        let reply = routes
            .answer(request.body(Body::empty()).unwrap(), None)
            .await;
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
            ("GET", "/often?begin", 500, None),
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
            "GET /often 500",
            "GET /often 503",
        ];
        assert_eq!(*ended.lock().unwrap(), lines);
    }
}
