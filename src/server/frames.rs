//! The layers around each listener's routes.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Networks};
use crate::domain::entropy::Entropy;
use crate::http::layers::{LayerSettings, RequestLog};

/// The longest that a request may take, for example when its body drips or a database hangs.
const DEADLINE: Duration = Duration::from_secs(30);

/// The layers around each listener's routes.
#[derive(Debug, Clone)]
pub(super) struct Frames {
    pub(super) token: LayerSettings,
    pub(super) admin: LayerSettings,
    pub(super) ops: LayerSettings,
}

impl Frames {
    pub(super) fn new(config: &Config, entropy: &Arc<dyn Entropy>) -> Self {
        let requests = RequestLog::new(config.log.successes);
        let frame = |proxies: &Networks| {
            let proxies = proxies.clone();
            LayerSettings {
                entropy: Arc::clone(entropy),
                trusts_proxy: Arc::new(move |address| proxies.contains(address)),
                deadline: DEADLINE,
                requests: requests.clone(),
            }
        };
        Self {
            token: frame(&config.token.trusted_proxies),
            admin: frame(&config.admin.trusted_proxies),
            ops: frame(&config.ops.trusted_proxies),
        }
    }

    /// The same layers, whose requests are logged by `requests`.
    pub(super) fn logging_to(&self, requests: &RequestLog) -> Self {
        let frame = |settings: &LayerSettings| LayerSettings {
            requests: requests.clone(),
            ..settings.clone()
        };
        Self {
            token: frame(&self.token),
            admin: frame(&self.admin),
            ops: frame(&self.ops),
        }
    }
}
