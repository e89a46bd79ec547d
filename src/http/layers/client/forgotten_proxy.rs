//! A proxy whose word does not count, because nobody has named it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The warning about such a proxy before a listener, once in the life of the process; clones share it.
#[derive(Debug, Clone)]
pub struct ForgottenProxy {
    /// The section of the configuration, which has the listener's name.
    listener: &'static str,
    is_told: Arc<AtomicBool>,
}

impl ForgottenProxy {
    /// No warning yet.
    pub fn new(listener: &'static str) -> Self {
        Self {
            listener,
            is_told: Arc::default(),
        }
    }

    /// Warns of the proxy at `address`.
    pub(super) fn warn(&self, address: IpAddr) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            let listener = self.listener;
            tracing::warn!(
                client.address = %address,
                "requests come to the {listener} listener through {address}, which names other clients, but is not in \
                 `{listener}.trusted_proxies`: they all count as that address, in the log, for last uses and for failed \
                 logins; add it there if it is a proxy of yours"
            );
        }
    }
}

/// True for an address at which a proxy of ours may be: anybody on the Internet can name another client.
pub(super) fn is_perhaps_ours(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
    }
}
