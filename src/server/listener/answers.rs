//! The routes of a listener, which change once: when the start is over.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};

use crate::http::layers::Framed;

/// Answers requests: at first as a service that is starting.
#[derive(Debug, Clone)]
pub(in crate::server) struct Answers {
    starting: Framed,
    started: Arc<OnceLock<Framed>>,
}

impl Answers {
    /// Answers with these routes until [`Answers::open`].
    pub(in crate::server) fn starting(routes: Framed) -> Self {
        Self {
            starting: routes,
            started: Arc::default(),
        }
    }

    /// Answers with these routes from now on, also on connections that are open already.
    pub(in crate::server) fn open(&self, routes: Framed) {
        // The start is over once.
        let _ = self.started.set(routes);
    }

    pub(super) fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> {
        let body = |body: Incoming| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(body)
            }
        };
        let routes = self.started.get().unwrap_or(&self.starting);
        routes.answer_received(request.map(body), peer)
    }
}
