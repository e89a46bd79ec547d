//! The settings that the layers share.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::entropy::Entropy;
use crate::http::layers::client::forgotten_proxy::ForgottenProxy;
use crate::http::layers::log::request_log::RequestLog;

/// The settings of the layers.
#[derive(Clone)]
pub struct LayerSettings {
    /// The source of request ids.
    pub entropy: Arc<dyn Entropy>,
    /// True if the proxy at an address is believed when it names a request's client.
    pub trusts_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// The warning about a proxy that is not believed and perhaps should be.
    pub forgotten_proxy: ForgottenProxy,
    /// The longest that a request may take.
    pub deadline: Duration,
    /// The log of requests.
    pub requests: RequestLog,
    /// Is told of every request that has ended.
    pub ended: Arc<dyn Fn(EndedRequest<'_>) + Send + Sync>,
}

/// A request that has ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedRequest<'a> {
    /// The method, or `other`.
    pub method: &'static str,
    /// The pattern of the route, or `none`.
    pub route: &'a str,
    /// The status of the reply; 499 if there was none, because the client went away.
    pub status: u16,
    /// The time since its head was there.
    pub took: Duration,
}

impl fmt::Debug for LayerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerSettings").finish_non_exhaustive()
    }
}

#[cfg(test)]
impl LayerSettings {
    /// Settings that trust no proxy, and make ids of zeros.
    pub(crate) fn for_tests() -> Self {
        struct Zeros;

        impl Entropy for Zeros {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(0);
            }
        }

        Self {
            entropy: Arc::new(Zeros),
            trusts_proxy: Arc::new(|_| false),
            forgotten_proxy: ForgottenProxy::new("token"),
            deadline: Duration::from_secs(30),
            requests: RequestLog::default(),
            ended: Arc::new(|_| ()),
        }
    }
}
