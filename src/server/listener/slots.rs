//! The places for a listener's connections.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::client_network::client_network;
use crate::metrics::ListenerMetrics;
use crate::server::listener::crowd::{Crowd, Crowding};

/// As many places as a listener may have connections.
#[derive(Debug)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    /// The number of free places at which a crowd is over.
    relief: usize,
    crowding: Crowding,
    by_address: Mutex<HashMap<IpAddr, u32>>,
    metrics: ListenerMetrics,
}

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    address: Option<IpAddr>,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// `total` free places.
    pub(super) fn new(total: u32, metrics: ListenerMetrics) -> Self {
        let total = usize::try_from(total).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(total)),
            relief: total / 8,
            crowding: Crowding::default(),
            by_address: Mutex::default(),
            metrics,
        }
    }

    /// Waits for a free place. While there is none, idle connections are asked to make room.
    pub(super) async fn room(&self) -> OwnedSemaphorePermit {
        let free = Arc::clone(&self.free);
        let permit = if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            permit
        } else {
            self.crowding.set(true);
            #[expect(clippy::expect_used, reason = "nobody closes the semaphore")]
            let permit = free.acquire_owned().await.expect("places are never closed");
            permit
        };
        if self.free.available_permits() >= self.relief {
            self.crowding.set(false);
        }
        permit
    }

    /// Takes a place for a connection from `address`, unless it has `most` already.
    pub(super) fn take(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        address: Option<IpAddr>,
        most: u32,
    ) -> Option<Slot> {
        let address = address.map(client_network);
        if let Some(address) = address {
            let mut by_address = self.by_address();
            let count = by_address.entry(address).or_default();
            if *count >= most {
                return None;
            }
            *count += 1;
        }
        self.metrics.opened();
        Some(Slot {
            slots: Arc::clone(self),
            address,
            _permit: permit,
        })
    }

    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        // The lock is held only to count, so poisoned numbers are whole.
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Tells when the listener has no free places any more, and when it has some again.
    pub(super) fn crowd(&self) -> Crowd {
        self.slots.crowding.listen()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.metrics.closed();
        let Some(address) = self.address else { return };
        let mut by_address = self.slots.by_address();
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            // Only addresses that have connections are kept.
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn slots(total: u32) -> Arc<Slots> {
        Arc::new(Slots::new(total, Metrics::new().listener("test")))
    }

    async fn take(slots: &Arc<Slots>, address: &str, most: u32) -> Option<Slot> {
        let address = (!address.is_empty()).then(|| address.parse().unwrap());
        slots.take(slots.room().await, address, most)
    }

    #[tokio::test]
    async fn an_address_has_only_its_share_and_gets_it_back() {
        let slots = slots(10);
        let first = take(&slots, "192.0.2.1", 2).await.unwrap();
        let _second = take(&slots, "::ffff:192.0.2.1", 2).await.unwrap();
        assert!(take(&slots, "192.0.2.1", 2).await.is_none());
        assert!(take(&slots, "192.0.2.2", 2).await.is_some());
        assert!(take(&slots, "", 0).await.is_some(), "a proxy has no share");
        drop(first);
        assert!(take(&slots, "192.0.2.1", 2).await.is_some());
        assert_eq!(
            slots.free.available_permits(),
            9,
            "who is refused has no place"
        );
        assert_eq!(slots.by_address().len(), 1, "who is gone is forgotten");
    }

    #[tokio::test]
    async fn an_ipv6_client_is_its_network() {
        let slots = slots(10);
        let _first = take(&slots, "2001:db8:0:1::1", 1).await.unwrap();
        assert!(take(&slots, "2001:db8:0:1:ffff::2", 1).await.is_none());
        assert!(take(&slots, "2001:db8:0:2::1", 1).await.is_some());
    }

    #[tokio::test]
    async fn a_crowd_lasts_until_an_eighth_is_free() {
        let slots = slots(16);
        let mut taken = Vec::new();
        for _ in 0..16 {
            taken.push(take(&slots, "", 0).await.unwrap());
        }
        let crowd = taken[0].crowd();
        assert!(!crowd.is_there());
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), slots.room());
        assert!(waiting.await.is_err(), "there is no room");
        assert!(crowd.is_there());
        taken.pop();
        taken.push(take(&slots, "", 0).await.unwrap());
        assert!(crowd.is_there(), "one place is no relief");
        taken.truncate(13);
        taken.push(take(&slots, "", 0).await.unwrap());
        assert!(!crowd.is_there());
    }
}
