//! Observations: kept in memory with the request, written to the audit log soon after.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use quick_cache::sync::Cache;

use crate::app::error::DeskError;
use crate::app::lost_records::LostRecords;
use crate::app::notices::Notices;
use crate::domain::clock::Clock;
use crate::domain::events::observation::{Observation, ObservationKey};
use crate::domain::events::{Event, EventAction};
use crate::storage::{Db, events};

/// The time in which observations that say the same are one.
const SAME: Duration = Duration::hours(1);
/// The most that are remembered so.
const MOST_REMEMBERED: usize = 16_384;
/// The most that wait to be written; others are lost meanwhile.
const MOST_WAITING: usize = 1000;
/// The most of one kind in a minute, but for sign-ins. Whoever guesses from ever new addresses for ever new names so fills no disk.
const MOST_A_MINUTE: u32 = 20;
/// The most of one kind about one user or token in a minute: whoever is guessed hides nobody else.
const MOST_OF_ONE: u32 = 5;
/// The most that are written with one statement.
const BATCH: usize = 50;

/// Observations that wait to be written; clones share them.
#[derive(Clone)]
pub struct Observations {
    db: Db,
    clock: Arc<dyn Clock>,
    seen: Arc<Cache<ObservationKey, DateTime<Utc>>>,
    waiting: Arc<Mutex<WaitingObservations>>,
    lost: LostRecords,
    /// The notices of replaced tokens that were presented again.
    notices: Option<Notices>,
}

#[derive(Default)]
struct WaitingObservations {
    observations: Vec<Observation>,
    minute: ObservedMinute,
}

/// The observations of a minute, counted by kind and by what they are about.
#[derive(Default)]
struct ObservedMinute {
    number: i64,
    by_kind: HashMap<EventAction, u32>,
    by_subject: HashMap<(EventAction, &'static str, i64), u32>,
}

impl Observations {
    /// An empty queue that writes to `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            seen: Arc::new(Cache::new(MOST_REMEMBERED)),
            waiting: Arc::default(),
            lost: LostRecords::default(),
            notices: None,
        }
    }

    /// The queue with notices of replaced tokens that were presented again.
    #[must_use]
    pub fn telling(self, notices: Notices) -> Self {
        Self {
            notices: Some(notices),
            ..self
        }
    }

    /// Notes an observation, unless another one in the last hour said the same.
    pub(in crate::app) fn note(&self, observation: Observation) {
        let (key, at) = (observation.key(), observation.at);
        let is_known = |seen: DateTime<Utc>| at.signed_duration_since(seen).abs() < SAME;
        if self.seen.get(&key).is_some_and(is_known) {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.takes(&observation) {
            self.seen.insert(key, at);
            waiting.observations.push(observation);
        } else {
            self.lost.add(1);
        }
    }

    /// The number of observations that are not in the audit log, because too many came at once.
    pub fn lost(&self) -> u64 {
        self.lost.number()
    }

    /// Writes down what waits; what storage does not take stays in the queue.
    #[tracing::instrument(name = "app.write_observations", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        let mut taken = std::mem::take(&mut self.waiting().observations);
        while !taken.is_empty() {
            let rest = taken.split_off(taken.len().min(BATCH));
            if let Err(error) = self.write_batch(&taken).await {
                taken.extend(rest);
                self.put_back(taken);
                return Err(error);
            }
            taken = rest;
        }
        Ok(())
    }

    async fn write_batch(&self, batch: &[Observation]) -> Result<(), DeskError> {
        if let Some(notices) = &self.notices {
            notices.tell_of_returns(batch).await?;
        }
        Ok(events::insert_observations(&self.db, batch, self.clock.now()).await?)
    }

    fn put_back(&self, mut earlier: Vec<Observation>) {
        let mut waiting = self.waiting();
        earlier.append(&mut waiting.observations);
        for lost in earlier.split_off(earlier.len().min(MOST_WAITING)) {
            // The next one like it is news again.
            self.seen.remove(&lost.key());
            self.lost.add(1);
        }
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
        self.minute.takes(observation)
    }
}

impl ObservedMinute {
    fn takes(&mut self, observation: &Observation) -> bool {
        let number = observation.at.timestamp() / 60;
        if self.number != number {
            *self = Self {
                number,
                ..Self::default()
            };
        }
        let Event {
            action, subject, ..
        } = &observation.event;
        let of_kind = self.by_kind.entry(*action).or_default();
        if !observation.is_sign_in() && *of_kind >= MOST_A_MINUTE {
            return false;
        }
        let about = (*action, subject.kind(), subject.id());
        let of_one = self.by_subject.entry(about).or_default();
        if *of_one >= MOST_OF_ONE {
            return false;
        }
        *of_kind += 1;
        *of_one += 1;
        true
    }
}

impl fmt::Debug for Observations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observations").finish_non_exhaustive()
    }
}
