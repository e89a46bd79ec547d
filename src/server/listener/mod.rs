//! A listener: accepts connections, as many as it may have, and answers them with its routes.

mod activity;
mod answers;
mod closing;
mod connection;
mod course;
mod crowd;
mod handshake;
mod http1;
mod http2;
mod incoming_frames;
mod slots;
mod stream;
mod stream_states;
mod warnings;

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep_until, timeout_at};

use crate::config::{ConnectionLimits, ConnectionTimeouts, Networks};
use crate::metrics::ListenerMetrics;
use crate::server::lifecycle::Lifecycle;
use crate::server::listener::course::FIRST_REQUEST;
use crate::server::tls::ListenerTls;

pub(super) use answers::Answers;
use slots::Slots;
use warnings::Warnings;

/// The most that the system keeps of the replies that a client does not take, in bytes. By itself it would keep
/// megabytes for each connection.
const SEND_BUFFER: u32 = 128 * 1024;
/// The connections that may wait in the system's queue until they are accepted.
const BACKLOG: u32 = 1024;
/// The pause when the system has no files for more connections.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// A bound address.
#[derive(Debug)]
pub(super) struct Listener {
    name: &'static str,
    socket: TcpListener,
    address: SocketAddr,
}

/// The rules for a listener's connections.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// The most connections at a time.
    pub(super) limits: ConnectionLimits,
    /// The times after which a connection is given up.
    pub(super) timeouts: ConnectionTimeouts,
    /// The proxies, whose connections come from many clients.
    pub(super) proxies: Networks,
    /// Counts the connections.
    pub(super) metrics: ListenerMetrics,
    /// TLS, unless the listener speaks plain HTTP.
    pub(super) tls: Option<TlsRules>,
}

/// The rules for connections with TLS.
#[derive(Debug, Clone)]
pub(super) struct TlsRules {
    /// The certificate.
    pub(super) tls: ListenerTls,
    /// The answers to clients that speak plain HTTP.
    pub(super) to_plain: Answers,
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("`{name}.listen` says {address}, but listening there fails{hint}")]
pub(super) struct BindError {
    name: &'static str,
    address: SocketAddr,
    source: std::io::Error,
    hint: &'static str,
}

impl Listener {
    /// Listens on `address`, which the configuration has in the section `name`.
    pub(super) fn bind(name: &'static str, address: SocketAddr) -> Result<Self, BindError> {
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
                name,
                address,
                source,
                hint,
            }
        };
        let socket = listen(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self {
            name,
            socket,
            address,
        })
    }

    /// The address that it listens on.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections until a stop closes the listeners; then those whose handshake has begun.
    pub(super) async fn serve(self, answers: Answers, rules: Rules, lifecycle: Lifecycle) {
        let accepting = Accepting {
            name: self.name,
            slots: Arc::new(Slots::new(rules.limits.total, rules.metrics.clone())),
            answers,
            rules: Arc::new(rules),
            lifecycle,
            warnings: Warnings::default(),
            of_tls: Arc::default(),
        };
        while let Some(permit) = accepting.room().await {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = accepting.lifecycle.closing() => break,
            };
            match accepted {
                Ok((stream, peer)) => accepting.answer(permit, stream, peer),
                Err(error) => accepting.failed(&error).await,
            }
        }
        accepting.last(&self.socket).await;
    }
}

/// A listener at work.
struct Accepting {
    name: &'static str,
    slots: Arc<Slots>,
    answers: Answers,
    rules: Arc<Rules>,
    lifecycle: Lifecycle,
    /// Warnings about connections that are not accepted.
    warnings: Warnings,
    /// Warnings about clients that speak TLS to a listener that does not.
    of_tls: Arc<Warnings>,
}

impl Accepting {
    /// Waits for room for one more connection; nothing when a stop closes the listeners first.
    async fn room(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            permit = self.slots.room() => Some(permit),
            () = self.lifecycle.closing() => None,
        }
    }

    /// Answers the connections that a client has already, or is about to get: they would be reset with the socket.
    async fn last(&self, socket: &TcpListener) {
        if let Err(error) = closing::ignore_new_connections(socket) {
            tracing::warn!(%error, "connections that begin at the end of the {} listener may be reset", self.name);
        }
        let end = Instant::now() + closing::HANDSHAKES;
        loop {
            let permit = tokio::select! {
                permit = self.slots.room() => permit,
                // A client that gets no place is reset, and not held up.
                () = sleep_until((end + FIRST_REQUEST).into()) => return,
                () = self.lifecycle.aborting() => return,
            };
            match timeout_at(end.into(), socket.accept()).await {
                Ok(Ok((stream, peer))) => self.answer(permit, stream, peer),
                Ok(Err(error)) => self.failed(&error).await,
                Err(_) => return,
            }
        }
    }

    fn answer(&self, permit: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
        let address = Some(peer.ip()).filter(|address| !self.rules.proxies.contains(*address));
        let most = self.rules.limits.per_address;
        match self.slots.take(permit, address, most) {
            Some(slot) => {
                let connection = connection::Connection {
                    listener: self.name,
                    peer,
                    slot,
                    rules: Arc::clone(&self.rules),
                    of_tls: Arc::clone(&self.of_tls),
                    answers: self.answers.clone(),
                    lifecycle: self.lifecycle.clone(),
                };
                self.lifecycle.spawn_apart(connection.answer(stream));
            }
            None => self.refused(peer.ip(), most),
        }
    }

    fn refused(&self, address: IpAddr, most: u32) {
        self.rules.metrics.refused();
        if self.warnings.may_warn() {
            let name = self.name;
            tracing::warn!(
                client.address = %address,
                "{address} has {most} connections to the {name} listener, and gets no more; if it is a proxy, \
                 name it in `{name}.trusted_proxies`, else `{name}.max_connections_per_address` may be higher, or the \
                 limit on open files, if the start warned of that"
            );
        }
    }

    async fn failed(&self, error: &std::io::Error) {
        if is_of_one_client(error) {
            return;
        }
        if self.warnings.may_warn() {
            tracing::warn!(%error, "a connection to the {} listener could not be accepted", self.name);
        }
        tokio::time::sleep(EXHAUSTED_PAUSE).await;
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// True for a failure that concerns only the connection at hand.
fn is_of_one_client(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
