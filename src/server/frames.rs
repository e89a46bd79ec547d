//! The layers around each listener's routes.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Networks};
use crate::domain::entropy::Entropy;
use crate::http::layers::{ForgottenProxy, LayerSettings, RequestLog};
use crate::metrics::Metrics;

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
    /// Layers that log successes as it is configured, and count in `metrics`.
    pub(super) fn new(config: &Config, entropy: &Arc<dyn Entropy>, metrics: &Metrics) -> Self {
        let frame = |listener, proxies: &Networks| {
            let proxies = proxies.clone();
            LayerSettings {
                entropy: Arc::clone(entropy),
                trusts_proxy: Arc::new(move |address| proxies.contains(address)),
                forgotten_proxy: ForgottenProxy::new(listener),
                deadline: DEADLINE,
                requests: RequestLog::new(config.log.successes),
                ended: Arc::new(|_| ()),
            }
        };
        let frames = Self {
            token: frame("token", &config.token.trusted_proxies),
            admin: frame("admin", &config.admin.trusted_proxies),
            ops: frame("ops", &config.ops.trusted_proxies),
        };
        frames.counting_in(metrics)
    }

    /// The same layers, whose requests are logged by `requests`.
    pub(super) fn logging_to(&self, requests: &RequestLog) -> Self {
        self.each(|_, settings| LayerSettings {
            requests: requests.clone(),
            ..settings.clone()
        })
    }

    /// The same layers, whose requests are counted in `metrics`.
    pub(super) fn counting_in(&self, metrics: &Metrics) -> Self {
        self.each(|listener, settings| {
            let metrics = metrics.requests(listener);
            LayerSettings {
                ended: Arc::new(move |request| {
                    let route = (request.method, request.route);
                    metrics.ended(route, request.status, request.took);
                }),
                ..settings.clone()
            }
        })
    }

    fn each(&self, change: impl Fn(&'static str, &LayerSettings) -> LayerSettings) -> Self {
        Self {
            token: change("token", &self.token),
            admin: change("admin", &self.admin),
            ops: change("ops", &self.ops),
        }
    }
}
