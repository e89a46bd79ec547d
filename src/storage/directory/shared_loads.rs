//! Loads that are done once for all who wait for the same.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use tokio::time::{Instant, timeout};

use crate::storage::connections::timeouts::rest_of;
use crate::storage::directory::drops::{Dropped, Drops};
use crate::storage::error::StorageError;

/// The most loads of one kind that others may join at a time.
const JOINABLE: usize = 4096;

/// The wait for others that counts as none.
const QUICK: Duration = Duration::from_millis(500);

/// Loads of one kind that are under way.
pub(super) struct SharedLoads<K, V> {
    under_way: Cache<K, Outcome<V>>,
    /// The time that one who joined waits.
    patience: Duration,
}

/// The outcome of a load.
#[derive(Debug, Clone)]
struct Outcome<V> {
    value: V,
    /// False if it may be older than what those who wait may be told.
    is_current: bool,
}

impl<K: Hash + Eq, V: Clone> SharedLoads<K, V> {
    /// No loads yet; who joins one waits for `patience` at the longest.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            under_way: Cache::new(JOINABLE),
            patience,
        }
    }

    /// The value at `key` by `load`, or by the same load of somebody else. If nothing of it was dropped meanwhile
    /// (which is what `concerns` asks), it is kept by `keep`, and those who wait get it too.
    pub(super) async fn load<Q, T>(
        &self,
        (key, drops): (&Q, &Drops),
        load: T,
        concerns: impl Fn(&V, &Dropped) -> bool,
        keep: impl FnOnce(&V),
    ) -> Result<V, StorageError>
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
        T: Future<Output = Result<V, StorageError>>,
    {
        let asked_at = Instant::now();
        let silent = || StorageError::silent("the database", self.patience);
        let guard = loop {
            let joined = self.under_way.get_value_or_guard_async(key);
            let rest = self.patience.saturating_sub(asked_at.elapsed());
            match timeout(rest, joined).await {
                Ok(Ok(loaded)) if loaded.is_current => return Ok(loaded.value),
                Ok(Ok(_)) => {}
                Ok(Err(guard)) => break guard,
                Err(_) => return Err(silent()),
            }
        };
        let begun = drops.begin();
        let waited = asked_at.elapsed();
        let value = if waited > QUICK {
            let rest = rest_of(self.patience, waited);
            timeout(rest, load).await.map_err(|_| silent())??
        } else {
            load.await?
        };
        drops.end(
            begun,
            |dropped| concerns(&value, dropped),
            |is_current| {
                if is_current {
                    keep(&value);
                }
                // It fails only where nobody waits.
                let _ = guard.insert(Outcome {
                    value: value.clone(),
                    is_current,
                });
                // It is for those who wait; whoever comes later finds the copy.
                self.under_way.remove(key);
            },
        );
        Ok(value)
    }
}

impl<K, V> fmt::Debug for SharedLoads<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLoads").finish_non_exhaustive()
    }
}
