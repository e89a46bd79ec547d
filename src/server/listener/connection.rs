//! One connection, from its first byte to its end.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::server::lifecycle::Lifecycle;
use crate::server::listener::activity::Activity;
use crate::server::listener::answers::Answers;
use crate::server::listener::course::{Course, FIRST_REQUEST};
use crate::server::listener::handshake::{Greeted, HANDSHAKE_RECORD, greet};
use crate::server::listener::slots::Slot;
use crate::server::listener::warnings::Warnings;
use crate::server::listener::{Rules, TlsRules};
use crate::server::listener::{http1, http2};
use crate::server::tls::HTTP2;

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) listener: &'static str,
    pub(super) peer: SocketAddr,
    /// Its place.
    pub(super) slot: Slot,
    pub(super) rules: Arc<Rules>,
    /// Warnings about clients that speak TLS to a listener that does not.
    pub(super) of_tls: Arc<Warnings>,
    pub(super) answers: Answers,
    pub(super) lifecycle: Lifecycle,
}

impl Connection {
    /// Answers requests until the client closes the connection, takes too long, or must make room.
    pub(super) async fn answer(self, stream: TcpStream) {
        // Replies are small and written whole: waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        match &self.rules.tls {
            None => self.answer_plain(stream).await,
            // In a box, so that connections without TLS do not take the memory of those with it.
            Some(tls) => Box::pin(self.answer_tls(stream, tls)).await,
        }
    }

    async fn answer_plain(&self, stream: TcpStream) {
        let course = self.course();
        http1::serve(stream, &self.answers, self.peer, &course).await;
        // Hyper has answered 400 to TLS, which clients understand: Go's say that they got an HTTP response to HTTPS.
        let is_tls = course.activity.first() == Some(HANDSHAKE_RECORD);
        if is_tls && self.of_tls.may_warn() {
            let (address, name) = (self.peer.ip(), self.listener);
            tracing::warn!(
                client.address = %address,
                "{address} speaks TLS to the {name} listener, which speaks plain HTTP; set `{name}.tls_certificate` \
                 and `{name}.tls_key`, or send clients to the proxy that speaks TLS"
            );
        }
    }

    async fn answer_tls(&self, stream: TcpStream, rules: &TlsRules) {
        let last_call = async {
            self.lifecycle.closing().await;
            sleep(FIRST_REQUEST).await;
        };
        let greeting = timeout(self.rules.timeouts.handshake, greet(stream, &rules.tls));
        let greeted = tokio::select! {
            greeted = greeting => greeted,
            () = last_call => return,
            () = self.lifecycle.aborting() => return,
        };
        match greeted {
            Ok(Ok(Greeted::Tls(stream, authorities))) => {
                let answers = &self.answers;
                let course = Course {
                    authorities,
                    ..self.course()
                };
                if stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
                    http2::serve(stream, answers, self.peer, &course).await;
                } else {
                    http1::serve(stream, answers, self.peer, &course).await;
                }
            }
            Ok(Ok(Greeted::Plain(stream))) => {
                http1::serve(stream, &rules.to_plain, self.peer, &self.course()).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    }

    /// The course of a connection that begins now.
    fn course(&self) -> Course {
        Course {
            activity: Activity::new(),
            timeouts: self.rules.timeouts,
            lifecycle: self.lifecycle.clone(),
            crowd: self.slot.crowd(),
            authorities: None,
        }
    }
}
