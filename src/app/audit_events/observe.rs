//! Observations: kept in memory with the request, written to the audit log soon after.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use quick_cache::sync::Cache;

use crate::app::error::DeskError;
use crate::domain::events::EventAction;
use crate::domain::events::observation::{Observation, ObservationKey};
use crate::storage::{Db, events};

/// The time in which observations that say the same are one.
const SAME: Duration = Duration::hours(1);
/// The most that are remembered so.
const MOST_REMEMBERED: usize = 16_384;
/// The most that wait to be written; others are lost meanwhile.
const MOST_WAITING: usize = 1000;
/// The most of one kind in a minute, but for sign-ins. Whoever guesses from ever new addresses for ever new names so fills no disk.
const MOST_A_MINUTE: u32 = 20;
/// The most that are written with one statement.
const BATCH: usize = 50;

/// Observations that wait to be written; clones share them.
#[derive(Clone)]
pub struct Observations {
    db: Db,
    seen: Arc<Cache<ObservationKey, DateTime<Utc>>>,
    waiting: Arc<Mutex<WaitingObservations>>,
}

#[derive(Default)]
struct WaitingObservations {
    observations: Vec<Observation>,
    /// By kind, the minute of the last one, and the number of them in it.
    in_minute: HashMap<EventAction, (i64, u32)>,
}

impl Observations {
    /// An empty queue that writes to `db`.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            seen: Arc::new(Cache::new(MOST_REMEMBERED)),
            waiting: Arc::default(),
        }
    }

    /// Notes an observation, unless another one in the last hour said the same.
    pub(in crate::app) fn note(&self, observation: Observation) {
        let (key, at) = (observation.key(), observation.at);
        let is_known = |seen: DateTime<Utc>| at.signed_duration_since(seen) < SAME;
        if self.seen.get(&key).is_some_and(is_known) {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.takes(&observation) {
            self.seen.insert(key, at);
            waiting.observations.push(observation);
        }
    }

    /// Writes down what waits; what storage does not take stays in the queue.
    #[tracing::instrument(name = "app.write_observations", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        let mut taken = std::mem::take(&mut self.waiting().observations);
        while !taken.is_empty() {
            let rest = taken.split_off(taken.len().min(BATCH));
            if let Err(error) = events::insert_observations(&self.db, &taken).await {
                taken.extend(rest);
                self.put_back(taken);
                return Err(error.into());
            }
            taken = rest;
        }
        Ok(())
    }

    fn put_back(&self, mut earlier: Vec<Observation>) {
        let mut waiting = self.waiting();
        earlier.append(&mut waiting.observations);
        earlier.truncate(MOST_WAITING);
        waiting.observations = earlier;
    }

    fn waiting(&self) -> MutexGuard<'_, WaitingObservations> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingObservations {
    fn takes(&mut self, observation: &Observation) -> bool {
        if self.observations.len() >= MOST_WAITING {
            return false;
        }
        if observation.is_sign_in() {
            return true;
        }
        let minute = observation.at.timestamp() / 60;
        let action = observation.event.action;
        let (of, number) = self.in_minute.entry(action).or_default();
        if *of != minute {
            (*of, *number) = (minute, 0);
        }
        *number += 1;
        *number <= MOST_A_MINUTE
    }
}

impl fmt::Debug for Observations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observations").finish_non_exhaustive()
    }
}
