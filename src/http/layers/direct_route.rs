//! A route that nearly all requests of a listener ask for, and which is found without its router.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// A `GET` of one path. The listener's router has it too, for all other methods and for requests that need more than an answer.
#[derive(Clone)]
pub struct DirectRoute {
    path: &'static str,
    answer: Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>,
}

impl DirectRoute {
    /// The route to exactly that path.
    pub fn get<A>(path: &'static str, answer: impl Fn(Request) -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = Response> + Send + 'static,
    {
        Self {
            path,
            answer: Arc::new(move |request| answer(request).boxed()),
        }
    }

    /// The path, if the request asks for it.
    pub(super) fn pattern_of(&self, request: &Request) -> Option<&'static str> {
        (*request.method() == Method::GET && request.uri().path() == self.path).then_some(self.path)
    }

    pub(super) fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        (self.answer)(request)
    }
}

impl fmt::Debug for DirectRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirectRoute").field(&self.path).finish()
    }
}
