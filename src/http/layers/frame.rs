//! All layers in their order, around any listener's routes.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

use crate::domain::entropy::Entropy;
use crate::http::layers::{client_address, deadline, panics, request_id, request_log};

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The settings of the layers.
#[derive(Clone)]
pub struct Frame {
    /// The source of request ids.
    pub entropy: Arc<dyn Entropy>,
    /// True if the proxy at an address is believed when it names a request's client.
    pub trusts_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// The longest that a request may take.
    pub deadline: Duration,
}

/// Puts the layers around `routes`: every reply has an id and a line in the log, panics too.
pub fn frame(routes: Router, frame: &Frame) -> Router {
    // The last layer is the outermost.
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(panics::reply))
        .layer(from_fn_with_state(frame.clone(), deadline::keep))
        .layer(axum::middleware::from_fn(request_log::log))
        .layer(from_fn_with_state(frame.clone(), client_address::note))
        .layer(from_fn_with_state(frame.clone(), request_id::assign))
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").finish_non_exhaustive()
    }
}
