//! Names of webhooks, and the addresses that requests may go to: the address that is looked at is the one that is used.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::notices::reach::is_public;

/// The addresses that requests may go to: public ones with TLS, and those that the operator allows.
#[derive(Clone)]
pub struct Reach {
    is_allowed: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// True for requests with TLS.
    is_protected: bool,
}

/// A name that leads to no address to which requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to no address that is public or among `webhook.allowed_networks`")]
pub(super) struct OutOfReach;

impl Reach {
    /// Public addresses, if requests to them are protected by TLS, and those that `is_allowed` says.
    pub fn new(
        is_protected: bool,
        is_allowed: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            is_allowed: Arc::new(is_allowed),
            is_protected,
        }
    }

    /// True if requests may go there.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        (self.is_protected && is_public(address)) || (self.is_allowed)(address)
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let within: Vec<SocketAddr> = found.filter(|address| reach.has(address.ip())).collect();
            if within.is_empty() {
                return Err(OutOfReach.into());
            }
            let addresses: Addrs = Box::new(within.into_iter());
            Ok(addresses)
        })
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach")
            .field("is_protected", &self.is_protected)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_out_of_reach_unless_they_are_allowed() {
        let local = |address: IpAddr| address.is_loopback();
        let has = |reach: &Reach, address: &str| reach.has(address.parse().unwrap());
        let strict = Reach::new(true, |_| false);
        assert!(has(&strict, "1.1.1.1") && !has(&strict, "127.0.0.1") && !has(&strict, "10.0.0.1"));
        let allowing = Reach::new(true, local);
        assert!(has(&allowing, "1.1.1.1") && has(&allowing, "127.0.0.1"));
        let plain = Reach::new(false, local);
        assert!(!has(&plain, "1.1.1.1") && has(&plain, "127.0.0.1") && !has(&plain, "10.0.0.1"));
    }
}
