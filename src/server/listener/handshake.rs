//! The beginning of a connection to a listener that speaks TLS.

use std::io;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::server::tls::{ClientAuthorities, ListenerTls};

/// The first byte of TLS: a record of a handshake (RFC 8446, section 5.1).
pub(super) const HANDSHAKE_RECORD: u8 = 0x16;

/// A connection to a listener that speaks TLS, after its first bytes.
pub(super) enum Greeted {
    /// The client speaks TLS, and the handshake is over; the authorities are those of its certificate, if it has shown one.
    Tls(Box<TlsStream<TcpStream>>, Option<ClientAuthorities>),
    /// The client speaks plain HTTP.
    Plain(TcpStream),
}

/// Waits for the client's first byte, and does the handshake if that is one of TLS. It may take for ever.
pub(super) async fn greet(stream: TcpStream, tls: &ListenerTls) -> io::Result<Greeted> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // Every method of HTTP begins with a capital letter.
    if first.iter().all(u8::is_ascii_uppercase) {
        return Ok(Greeted::Plain(stream));
    }
    // First, so that none that are replaced meanwhile are missed.
    let authorities = tls.client_authorities();
    let acceptor = TlsAcceptor::from(tls.server_config());
    let stream = acceptor.accept(stream).await?;
    Ok(Greeted::Tls(Box::new(stream), authorities))
}
