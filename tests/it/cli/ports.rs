//! Ports for services that are started for real.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the system gives to whoever connects: one of those may be taken by any connection between the
/// moment in which it was free and the start of the service.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A port that no other test of this process gets, and on which nobody listens.
pub(crate) fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        // Test programs that run at the same time begin far from each other.
        AtomicU16::new(u16::try_from(std::process::id().wrapping_mul(7919) % 60_000).unwrap())
    });
    loop {
        let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
