//! A route that nearly all requests of a listener ask for, and which is found without its router.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::http::layers::client::who::Who;

/// A `GET` of exactly one path. The listener's router has the same route, for all other methods.
#[derive(Clone)]
pub(super) struct DirectRoute {
    pub(super) path: &'static str,
    answer: Arc<dyn Fn(Request, Who) -> BoxFuture<'static, Response> + Send + Sync>,
}

impl DirectRoute {
    /// The route to that path. Its answers are futures in a box: each connection would else have room for one.
    pub(super) fn new<A>(
        path: &'static str,
        answer: impl Fn(Request, Who) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Future<Output = Response> + Send + 'static,
    {
        Self {
            path,
            answer: Arc::new(move |request, who| answer(request, who).boxed()),
        }
    }

    /// True if the request asks for it.
    pub(super) fn takes(&self, request: &Request) -> bool {
        *request.method() == Method::GET && request.uri().path() == self.path
    }

    pub(super) fn answer(&self, request: Request, who: Who) -> BoxFuture<'static, Response> {
        (self.answer)(request, who)
    }
}

impl fmt::Debug for DirectRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirectRoute").field(&self.path).finish()
    }
}
