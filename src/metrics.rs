//! Every metric for the operator's monitoring, in a registry of its own.

use std::sync::{Arc, atomic::AtomicI64};

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The metrics; clones share their values.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    authority_end: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// Metrics with nothing measured yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("wharfinger");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that is running", build);
        let authority_end = Gauge::default();
        registry.register(
            "certificate_authority_end_timestamp_seconds",
            "When the certificate authority that registries trust ends, in seconds since 1970",
            authority_end.clone(),
        );
        Self {
            registry: Arc::new(registry),
            authority_end,
        }
    }

    /// Notes when the certificate authority ends.
    pub fn set_authority_end(&self, end: DateTime<Utc>) {
        self.authority_end.set(end.timestamp());
    }

    /// All metrics as `OpenMetrics` text, version 1.0.0.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
