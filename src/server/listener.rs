//! Listens, and answers with a router.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::server::lifecycle::Lifecycle;

/// The time that a client may take to send a request's headers, and that an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest headers, in bytes. Longer ones are answered 431 without a body; the limit is high, so
/// that the headers of a broken client stay below it and get a reply with an explanation.
const MAX_HEADERS: usize = 256 * 1024;
/// The pause before the next attempt when the system has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` says {address}, but listening there fails{hint}")]
pub struct BindError {
    key: &'static str,
    address: SocketAddr,
    source: std::io::Error,
    hint: &'static str,
}

impl Listener {
    /// Listens on `address`, which the configuration's `key` says.
    pub async fn bind(key: &'static str, address: SocketAddr) -> Result<Self, BindError> {
        let failed = |source: std::io::Error| {
            let hint = match source.kind() {
                ErrorKind::AddrInUse => {
                    " (is the service running already? else choose another port)"
                }
                ErrorKind::PermissionDenied => {
                    " (ports below 1024 need a privilege; choose a higher one)"
                }
                ErrorKind::AddrNotAvailable => " (this machine has no such address)",
                _ => "",
            };
            BindError {
                key,
                address,
                source,
                hint,
            }
        };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// The address that it listens on, with the real port if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the service stops: then requests in flight are finished and idle connections closed.
    pub async fn serve(self, router: Router, lifecycle: Lifecycle) {
        let connections = GracefulShutdown::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => answer(stream, peer, &router, &connections, &lifecycle),
                    // A broken connection is the client's affair; a lack of file descriptors passes.
                    Err(error) => {
                        tracing::warn!(error = %error, "a connection could not be accepted");
                        tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    }
                },
                () = lifecycle.stopping() => break,
            }
        }
        drop(self.socket);
        tokio::select! {
            () = connections.shutdown() => {}
            () = lifecycle.aborting() => {}
        }
    }
}

/// Answers one connection, in a task of its own.
fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    connections: &GracefulShutdown,
    lifecycle: &Lifecycle,
) {
    // Replies are small and written whole: waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    let end = lifecycle.clone();
    lifecycle.spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(error = %error, "a connection ended early");
            },
            () = end.aborting() => {}
        }
    });
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
