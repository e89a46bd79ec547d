//! A histogram that takes no lock: requests that end at the same time do not wait for each other.

use std::iter::once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{MetricEncoder, NoLabelSet};

/// The upper bounds of the buckets, in microseconds: from a token of copies to a request that reaches its deadline.
const BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// Durations by their length.
#[derive(Debug, Default)]
pub(super) struct DurationHistogram {
    buckets: [AtomicU64; BOUNDS.len()],
    /// Those that are longer than all bounds.
    longer: AtomicU64,
    micros: AtomicU64,
}

impl DurationHistogram {
    pub(super) fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let mut buckets = BOUNDS.iter().zip(&self.buckets);
        let found = buckets.find(|(bound, _)| micros <= **bound);
        let bucket = found.map_or(&self.longer, |(_, bucket)| bucket);
        bucket.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let number = |bucket: &AtomicU64| bucket.load(Ordering::Relaxed);
        let bounds = BOUNDS.iter().map(|&bound| seconds(bound));
        let counts = self.buckets.iter().map(number);
        let longer = once((f64::INFINITY, number(&self.longer)));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).chain(longer).collect();
        // Counted here, so that it fits the buckets although requests end meanwhile.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = seconds(number(&self.micros));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}
