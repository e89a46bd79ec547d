//! All metrics that the operator's monitoring reads, in one registry.

use std::sync::{Arc, OnceLock, atomic::AtomicI64, atomic::Ordering};

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The name of the listener that a metric is about.
type ListenerLabel = [(&'static str, &'static str); 1];

/// A number that is kept elsewhere.
type NumberSource = Box<dyn Fn() -> u64 + Send + Sync>;

/// The metrics; clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    authority_end: Gauge<i64, AtomicI64>,
    connections: Family<ListenerLabel, Gauge>,
    refused: Family<ListenerLabel, Counter>,
    lost_log_lines: Counter,
    lost_log_lines_source: Arc<OnceLock<NumberSource>>,
}

/// The metrics of one listener.
#[derive(Debug, Clone)]
pub struct ListenerMetrics {
    connections: Gauge,
    refused: Counter,
}

impl Metrics {
    /// Metrics without values.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("wharfinger");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that is running", build);
        let metrics = Self {
            registry: Arc::default(),
            authority_end: Gauge::default(),
            connections: Family::default(),
            refused: Family::default(),
            lost_log_lines: Counter::default(),
            lost_log_lines_source: Arc::default(),
        };
        registry.register(
            "certificate_authority_end_timestamp_seconds",
            "When the certificate authority that registries trust ends, in seconds since 1970",
            metrics.authority_end.clone(),
        );
        registry.register(
            "connections",
            "Open connections of a listener",
            metrics.connections.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections that were closed at once, because their address has too many",
            metrics.refused.clone(),
        );
        registry.register(
            "log_lines_lost",
            "Lines of the log that could not be written",
            metrics.lost_log_lines.clone(),
        );
        Self {
            registry: Arc::new(registry),
            ..metrics
        }
    }

    /// Notes when the certificate authority ends.
    pub fn set_authority_end(&self, end: DateTime<Utc>) {
        self.authority_end.set(end.timestamp());
    }

    /// Reads the number of lost log lines from `source` from now on; the first source counts.
    pub fn read_lost_log_lines(&self, source: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.lost_log_lines_source.set(Box::new(source));
    }

    /// The metrics of the listener of that name.
    pub fn listener(&self, name: &'static str) -> ListenerMetrics {
        let labels = [("listener", name)];
        ListenerMetrics {
            connections: self.connections.get_or_create_owned(&labels),
            refused: self.refused.get_or_create_owned(&labels),
        }
    }

    /// All metrics as `OpenMetrics` text, version 1.0.0.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        if let Some(source) = self.lost_log_lines_source.get() {
            self.lost_log_lines
                .inner()
                .store(source(), Ordering::Relaxed);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl ListenerMetrics {
    /// Notes that a connection is open.
    pub fn opened(&self) {
        self.connections.inc();
    }

    /// Notes that an open connection has ended.
    pub fn closed(&self) {
        self.connections.dec();
    }

    /// Notes that a connection was closed at once.
    pub fn refused(&self) {
        self.refused.inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
