//! HTTP requests by listener, route and status.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use quick_cache::DefaultHashBuilder;

use crate::metrics::histogram::DurationHistogram;

/// The statuses that are counted each by itself; others are counted together.
const STATUSES: [u16; 26] = [
    200, 201, 202, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 412, 413, 415,
    421, 422, 429, 431, 499, 500, 503,
];

/// The listener, and by method and route what came of its requests. Only routes that exist are named, so callers add nothing.
/// Nobody chooses them, so that they need no hash that withstands its callers.
type ByRoute = ByName<&'static str, ByName<Box<str>, Arc<RouteCounts>>>;
type ByName<K, V> = HashMap<K, V, DefaultHashBuilder>;

/// The labels of a route: listener, method and pattern.
type Labels = [(&'static str, String); 3];

/// The requests of all listeners; clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestCounts(Arc<RwLock<HashMap<&'static str, Arc<ListenerCounts>>>>);

/// The requests of one listener.
#[derive(Debug, Clone)]
pub struct RequestMetrics(Arc<ListenerCounts>);

#[derive(Debug, Default)]
struct ListenerCounts(RwLock<ByRoute>);

#[derive(Debug, Default)]
struct RouteCounts {
    statuses: [AtomicU64; STATUSES.len()],
    others: AtomicU64,
    durations: DurationHistogram,
}

impl RequestCounts {
    pub(super) fn listener(&self, name: &'static str) -> RequestMetrics {
        let mut listeners = self.0.write().unwrap_or_else(PoisonError::into_inner);
        RequestMetrics(Arc::clone(listeners.entry(name).or_default()))
    }

    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let rows = self.rows();
        let help = "HTTP requests that were answered, or whose client left before (code 499)";
        let mut family =
            encoder.encode_descriptor("http_requests", help, None, MetricType::Counter)?;
        for (labels, counts) in &rows {
            for (code, count) in counts.by_status() {
                let [listener, method, route] = labels.clone();
                let labels = [listener, method, route, ("code", code)];
                let mut row = family.encode_family(&labels)?;
                row.encode_counter::<[(&str, &str); 0], _, u64>(&count, None)?;
            }
        }
        let help = "Time from the head of an HTTP request to its reply, without sending it";
        let name = "http_request_duration_seconds";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, counts) in &rows {
            counts.durations.encode(family.encode_family(labels)?)?;
        }
        Ok(())
    }

    /// Each route with what came of it, in the order of the names.
    fn rows(&self) -> Vec<(Labels, Arc<RouteCounts>)> {
        let mut rows = Vec::new();
        let listeners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (listener, counts) in &*listeners {
            let methods = counts.0.read().unwrap_or_else(PoisonError::into_inner);
            for (method, routes) in &*methods {
                for (route, counts) in routes {
                    let labels = [
                        ("listener", (*listener).to_owned()),
                        ("method", (*method).to_owned()),
                        ("route", route.to_string()),
                    ];
                    rows.push((labels, Arc::clone(counts)));
                }
            }
        }
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        rows
    }
}

impl RequestMetrics {
    /// Notes a request that has ended with that status after `took`; `route` is the pattern of a route of ours.
    pub fn ended(&self, (method, route): (&'static str, &str), status: u16, took: Duration) {
        let found = {
            let routes = self.0.0.read().unwrap_or_else(PoisonError::into_inner);
            let found = routes.get(method).and_then(|routes| routes.get(route));
            found.map(|counts| counts.note(status, took))
        };
        if found.is_none() {
            let mut routes = self.0.0.write().unwrap_or_else(PoisonError::into_inner);
            let routes = routes.entry(method).or_default();
            routes.entry(route.into()).or_default().note(status, took);
        }
    }
}

impl RouteCounts {
    fn note(&self, status: u16, took: Duration) {
        let mut known = STATUSES.iter().zip(&self.statuses);
        let found = known.find(|(known, _)| **known == status);
        let count = found.map_or(&self.others, |(_, count)| count);
        count.fetch_add(1, Ordering::Relaxed);
        self.durations.observe(took);
    }

    /// The statuses that came up, and how often each did.
    fn by_status(&self) -> Vec<(String, u64)> {
        let known = STATUSES.iter().map(ToString::to_string);
        let counted = known.zip(&self.statuses);
        let all = counted.chain(std::iter::once(("other".to_owned(), &self.others)));
        let read = all.map(|(code, count)| (code, count.load(Ordering::Relaxed)));
        read.filter(|(_, count)| *count > 0).collect()
    }
}
