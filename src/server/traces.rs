//! Traces of requests, for a collector (OTLP over HTTP).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{Link, SpanKind, TraceId, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample, SpanData, SpanExporter,
};
use reqwest::redirect::Policy;
use url::Url;

use crate::config::Traces;
use crate::delivery::client_config;

/// The longest that a collector may take for one batch.
const LONGEST: Duration = Duration::from_secs(5);
/// The longest that the end of the process waits for the last batch.
const LAST_BATCH: Duration = Duration::from_secs(1);

/// The traces of this process. Spans wait in a queue of bounded length, from which a thread of its own sends them: a collector that is
/// away costs spans, and no request waits.
#[derive(Debug, Clone)]
pub(super) struct OpenTraces(SdkTracerProvider);

impl OpenTraces {
    /// Begins to trace, if that is configured.
    pub(super) fn start(traces: &Traces) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &traces.endpoint else {
            return Ok(None);
        };
        let exporter = Telling::new(endpoint)?;
        let resource = Resource::builder()
            .with_service_name("wharfinger")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let ratio = Sampler::TraceIdRatioBased(1.0 / f64::from(traces.one_of.get()));
        let sampler = Sampler::ParentBased(Box::new(OfRequests(ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .with_sampler(sampler);
        Ok(Some(Self(provider.build())))
    }

    /// The maker of spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.0.tracer("wharfinger")
    }

    /// Sends what is left, for a moment.
    pub(super) fn finish(&self) {
        // A collector that is away was told already.
        let _ = self.0.shutdown_with_timeout(LAST_BATCH);
    }
}

/// Takes traces of requests alone, one in so many: background tasks do something each second.
#[derive(Debug, Clone)]
struct OfRequests(Sampler);

impl ShouldSample for OfRequests {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = match kind {
            SpanKind::Server => &self.0,
            _ => &Sampler::AlwaysOff,
        };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

/// Sends spans, and says once in the log that they cannot be sent, and once that they can be again.
#[derive(Debug)]
struct Telling {
    sending: opentelemetry_otlp::SpanExporter,
    is_failing: AtomicBool,
}

impl Telling {
    fn new(endpoint: &Url) -> anyhow::Result<Self> {
        let sending = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client()?)
            .with_endpoint(endpoint.as_str())
            .with_timeout(LONGEST);
        Ok(Self {
            sending: sending.build()?,
            is_failing: AtomicBool::new(false),
        })
    }
}

/// The client, with the authorities of all our clients: images of containers have none. It is made in a thread, because it has
/// a runtime of its own.
fn client() -> anyhow::Result<reqwest::blocking::Client> {
    let tls = client_config(None)?;
    let making = std::thread::Builder::new().spawn(|| {
        reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(LONGEST)
            // The headers of a request may have a secret, which is for the collector alone.
            .redirect(Policy::none())
            .build()
    })?;
    let made = making.join();
    Ok(made.map_err(|_| anyhow::anyhow!("the client for traces cannot be made"))??)
}

impl SpanExporter for Telling {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.sending.export(batch).await;
        let was_failing = self.is_failing.swap(sent.is_err(), Ordering::Relaxed);
        match &sent {
            Err(error) if !was_failing => {
                tracing::warn!(%error, "traces cannot be sent to `traces.endpoint`, and are dropped");
            }
            Ok(()) if was_failing => tracing::info!("traces are sent again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.sending.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.sending.set_resource(resource);
    }
}
