//! The end of a listener: connections that a client has, or is about to get, are accepted, and none is reset.

use std::time::Duration;

use socket2::{SockFilter, SockRef};
use tokio::net::TcpListener;

/// The time that handshakes may take that had begun when the listener closed: a few round trips.
pub(super) const HANDSHAKES: Duration = Duration::from_millis(200);

/// Lets the system ignore whoever asks for a new connection, while handshakes that have begun go on. The client asks
/// again after a second, and is refused, or answered by another process. Without this, the system would take connections
/// between the last that is accepted and the end of the socket, and reset them.
pub(super) fn ignore_new_connections(socket: &TcpListener) -> std::io::Result<()> {
    SockRef::from(socket).attach_filter(&FIRST_SEGMENTS)
}

/// Linux' classic packet filter: drops a segment that begins a connection (SYN without ACK, RFC 9293, section 3.1). The
/// connections that come of the listener have the filter too, and are none the worse for it.
const FIRST_SEGMENTS: [SockFilter; 5] = [
    // Loads the byte of the TCP header that has the flags.
    SockFilter::new(0x30, 0, 0, 13),
    // Keeps SYN and ACK.
    SockFilter::new(0x54, 0, 0, 0x12),
    // Goes on with the next line if SYN is alone, with the one after it otherwise.
    SockFilter::new(0x15, 0, 1, 0x02),
    // Drops the segment.
    SockFilter::new(0x06, 0, 0, 0),
    // Takes the segment whole.
    SockFilter::new(0x06, 0, 0, u32::MAX),
];
