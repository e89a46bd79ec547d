//! All metrics that the operator's monitoring reads, in one registry.
//!
//! Names follow <https://prometheus.io/docs/practices/naming/>. What a room of the service counts by itself is read when
//! somebody asks ([`Readings`]); the rest is counted here.

mod histogram;
mod process;
mod readings;
mod requests;
mod rows;

use std::fmt;
use std::sync::{Arc, OnceLock, atomic::AtomicI64};

use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use process::ProcessReading;
pub use readings::{KeyReading, LostReading, Readings};
use requests::RequestCounts;
pub use requests::RequestMetrics;

/// A label and its value.
type Label = [(&'static str, &'static str); 1];

/// The metrics; clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    authority_end: Gauge<i64, AtomicI64>,
    connections: Family<Label, Gauge>,
    refused: Family<Label, Counter>,
    expiring: Family<Label, Gauge>,
    expiring_deploy_tokens: Family<Label, Gauge>,
    certificate_begins: Family<Label, Gauge<i64, AtomicI64>>,
    certificate_ends: Family<Label, Gauge<i64, AtomicI64>>,
    notices: Family<Label, Gauge>,
    requests: RequestCounts,
    sources: Arc<NumberSources>,
}

/// The metrics of one listener.
#[derive(Debug, Clone)]
pub struct ListenerMetrics {
    connections: Gauge,
    refused: Counter,
}

/// The format of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Prometheus' own, version 0.0.4.
    Prometheus,
    /// `OpenMetrics`, version 1.0.0.
    OpenMetrics,
}

/// Numbers that are kept elsewhere.
#[derive(Default)]
struct NumberSources {
    lost_log_lines: OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>,
    readings: OnceLock<Box<dyn Fn() -> Readings + Send + Sync>>,
    process: OnceLock<Box<dyn Fn() -> Option<ProcessReading> + Send + Sync>>,
}

impl Metrics {
    /// Metrics without values.
    pub fn new() -> Self {
        let metrics = Self {
            registry: Arc::default(),
            authority_end: Gauge::default(),
            connections: Family::default(),
            refused: Family::default(),
            expiring: Family::default(),
            expiring_deploy_tokens: Family::default(),
            certificate_begins: Family::default(),
            certificate_ends: Family::default(),
            notices: Family::default(),
            requests: RequestCounts::default(),
            sources: Arc::default(),
        };
        let registry = Arc::new(metrics.registry());
        Self {
            registry,
            ..metrics
        }
    }

    fn registry(&self) -> Registry {
        let mut all = Registry::default();
        all.register_collector(Box::new(OfProcess(Arc::clone(&self.sources))));
        let registry = all.sub_registry_with_prefix("wharfinger");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that is running", build);
        registry.register(
            "certificate_authority_end_timestamp_seconds",
            "When the certificate authority that registries trust ends, in seconds since 1970",
            self.authority_end.clone(),
        );
        registry.register(
            "connections",
            "Open connections of a listener",
            self.connections.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections that were closed at once, because their address has too many",
            self.refused.clone(),
        );
        registry.register(
            "access_tokens_expiring",
            "Active personal access tokens that end within so many days",
            self.expiring.clone(),
        );
        registry.register(
            "deploy_tokens_expiring",
            "Deploy tokens that work and end within so many days",
            self.expiring_deploy_tokens.clone(),
        );
        registry.register(
            "tls_certificate_begin_timestamp_seconds",
            "When the life of that certificate began, in seconds since 1970",
            self.certificate_begins.clone(),
        );
        registry.register(
            "tls_certificate_end_timestamp_seconds",
            "When the certificate that a listener shows ends, or that of the authority that signed it, in seconds since 1970",
            self.certificate_ends.clone(),
        );
        registry.register(
            "notices",
            "Notices that wait to be sent, and those of the last weeks that were given up",
            self.notices.clone(),
        );
        registry.register_collector(Box::new(OfService {
            requests: self.requests.clone(),
            sources: Arc::clone(&self.sources),
        }));
        all
    }

    /// Notes when the certificate authority ends.
    pub fn set_authority_end(&self, end: DateTime<Utc>) {
        self.authority_end.set(end.timestamp());
    }

    /// Notes how many personal access tokens and deploy tokens end within `days`.
    pub fn set_expiring(&self, days: &'static str, access_tokens: u64, deploy_tokens: u64) {
        let label = [("within_days", days)];
        set(&self.expiring, label, access_tokens);
        set(&self.expiring_deploy_tokens, label, deploy_tokens);
    }

    /// Notes the life of the certificate that the listener of that name shows, or of its authority's if that ends before.
    pub fn set_certificate_dates(
        &self,
        listener: &'static str,
        begin: DateTime<Utc>,
        end: DateTime<Utc>,
    ) {
        for (family, date) in [
            (&self.certificate_begins, begin),
            (&self.certificate_ends, end),
        ] {
            let row = family.get_or_create_owned(&[("listener", listener)]);
            row.set(date.timestamp());
        }
    }

    /// Notes how many notices are in a state.
    pub fn set_notices(&self, state: &'static str, number: u64) {
        set(&self.notices, [("state", state)], number);
    }

    /// Reads the number of lost log lines from `source` from now on; the first source counts.
    pub fn read_lost_log_lines(&self, source: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.sources.lost_log_lines.set(Box::new(source));
    }

    /// Reads what the rooms count from `source` from now on; the first source counts.
    pub fn read_from(&self, source: impl Fn() -> Readings + Send + Sync + 'static) {
        let _ = self.sources.readings.set(Box::new(source));
    }

    /// Reads the numbers of the process from `source` from now on; the first source counts.
    pub fn read_process(
        &self,
        source: impl Fn() -> Option<ProcessReading> + Send + Sync + 'static,
    ) {
        let _ = self.sources.process.set(Box::new(source));
    }

    /// The metrics of the listener of that name.
    pub fn listener(&self, name: &'static str) -> ListenerMetrics {
        let labels = [("listener", name)];
        ListenerMetrics {
            connections: self.connections.get_or_create_owned(&labels),
            refused: self.refused.get_or_create_owned(&labels),
        }
    }

    /// The metrics of the requests of the listener of that name.
    pub fn requests(&self, listener: &'static str) -> RequestMetrics {
        self.requests.listener(listener)
    }

    /// All metrics as text.
    pub fn text(&self, format: TextFormat) -> Result<String, fmt::Error> {
        let mut text = String::new();
        match format {
            TextFormat::Prometheus => prometheus_text::encode(&mut text, &self.registry)?,
            TextFormat::OpenMetrics => text::encode(&mut text, &self.registry)?,
        }
        Ok(text)
    }
}

fn set(family: &Family<Label, Gauge>, label: Label, number: u64) {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    family.get_or_create_owned(&label).set(number);
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

/// Writes what is about the service and counted elsewhere.
#[derive(Debug)]
struct OfService {
    requests: RequestCounts,
    sources: Arc<NumberSources>,
}

impl Collector for OfService {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(source) = self.sources.lost_log_lines.get() {
            let help = "Lines of the log that could not be written";
            rows::counter(&mut encoder, "log_lines_lost", help, rows::one(source()))?;
        }
        self.requests.encode(&mut encoder)?;
        let readings = self.sources.readings.get();
        readings.map_or(Ok(()), |source| source().encode(&mut encoder))
    }
}

/// Writes what is about the process, and has the names that all programs use.
#[derive(Debug)]
struct OfProcess(Arc<NumberSources>);

impl Collector for OfProcess {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let process = self.0.process.get().and_then(|source| source());
        process.map_or(Ok(()), |process| process.encode(&mut encoder))
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl fmt::Debug for NumberSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumberSources").finish_non_exhaustive()
    }
}
