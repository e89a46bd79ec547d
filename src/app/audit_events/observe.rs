//! Observations: kept in memory with the request, written to the audit log soon after.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use quick_cache::sync::Cache;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::app::row_parts::RowParts;
use crate::app::waiting::WaitingRecords;
use crate::domain::clock::Clock;
use crate::domain::events::observation::{Observation, ObservationKey};
use crate::domain::events::room::ObservationRoom;
use crate::domain::ids::AccessTokenId;
use crate::storage::{Db, Grant, GrantedEvent, Login, StorageError, events};

/// The time in which observations that say the same are one.
const SAME: Duration = Duration::hours(1);
/// The most that are remembered so.
const MOST_REMEMBERED: usize = 16_384;
/// The most that wait to be written; others are lost meanwhile.
const MOST_WAITING: usize = 1000;
/// The most returned tokens of one owner among those that wait.
const MOST_RETURNS_OF_OWNER: usize = 100;
/// The most returned tokens that are looked at together.
const BATCH: usize = 50;
/// The pause after a look at returned tokens that found no room for notices: it takes a hundred statements.
const PAUSE: Duration = Duration::minutes(1);

/// Observations that wait to be written; clones share them.
#[derive(Clone)]
pub struct Observations {
    db: Db,
    clock: Arc<dyn Clock>,
    seen: Arc<Cache<ObservationKey, DateTime<Utc>>>,
    /// The days on which ended tokens were presented, because a notice of a return is made once a day.
    returned: Arc<Cache<AccessTokenId, NaiveDate>>,
    waiting: WaitingRecords<WaitingObservations>,
    /// The refusals of ended tokens that may have come back: the room for observations is not theirs.
    returns: WaitingRecords<Returns>,
    /// The notices of replaced tokens that were presented again.
    notices: Notices,
}

#[derive(Default)]
struct WaitingObservations {
    observations: Vec<Observation>,
    room: ObservationRoom,
}

/// The refusals of ended tokens that wait.
#[derive(Default)]
struct Returns {
    by_token: BTreeMap<AccessTokenId, Observation>,
    /// The time of the last look at them, if it found no room for notices.
    found_full_at: Option<DateTime<Utc>>,
}

/// The room of a login's event, which is given back unless the login is committed.
struct TakenRoom<'a> {
    waiting: &'a WaitingRecords<WaitingObservations>,
    seen: Option<Observation>,
}

impl Observations {
    /// An empty queue that writes to `db`, and tells `notices` of replaced tokens that were presented again.
    pub fn new(db: Db, clock: Arc<dyn Clock>, notices: Notices) -> Self {
        Self {
            db,
            clock,
            seen: Arc::new(Cache::new(MOST_REMEMBERED)),
            returned: Arc::new(Cache::new(MOST_REMEMBERED)),
            waiting: WaitingRecords::default(),
            returns: WaitingRecords::default(),
            notices,
        }
    }

    /// Notes an observation, unless another one in the last hour said the same.
    pub(in crate::app) fn note(&self, observation: Observation) {
        self.note_return(&observation);
        let (key, at) = (observation.key(), observation.at);
        if self.is_known(&key, at) {
            return;
        }
        let mut waiting = self.waiting.lock();
        if waiting.takes(&observation) {
            self.seen.insert(key, at);
            waiting.observations.push(observation);
        } else {
            self.waiting.lose(1);
        }
    }

    /// Commits a login with its event, unless another one in the last hour said the same or there are too many of them:
    /// who knows a password may log in as often as they like.
    pub(in crate::app) async fn commit(
        &self,
        login: Login,
        others: Vec<GrantedEvent>,
        (grant, seen): (Grant, Observation),
    ) -> Result<(), StorageError> {
        let (key, at) = (seen.key(), seen.at);
        let is_news = !self.is_known(&key, at) && self.waiting.lock().room.take(&seen);
        if !is_news {
            return login.commit(others).await;
        }
        let event = grant.event(seen.event.clone());
        // A login that fails or is dropped while it commits was not seen: the next one is to have its event.
        let room = TakenRoom {
            waiting: &self.waiting,
            seen: Some(seen),
        };
        login.commit(others.into_iter().chain([event])).await?;
        room.keep();
        self.seen.insert(key, at);
        Ok(())
    }

    fn is_known(&self, key: &ObservationKey, at: DateTime<Utc>) -> bool {
        let is_same = |seen: DateTime<Utc>| at.signed_duration_since(seen).abs() < SAME;
        self.seen.get(key).is_some_and(is_same)
    }

    /// Notes a token that may have come back, also if the audit log has no room for its refusal.
    fn note_return(&self, observation: &Observation) {
        let Some(id) = observation.ended_token() else {
            return;
        };
        let day = observation.at.date_naive();
        if self.returned.get(&id) == Some(day) {
            return;
        }
        if self.returns.lock().takes(id, observation) {
            self.returned.insert(id, day);
        } else {
            self.returns.lose(1);
        }
    }

    /// The number of observations that are not in the audit log, because too many came at once, or storage refuses what is in them.
    pub fn lost(&self) -> u64 {
        self.waiting.lost()
    }

    /// The number of refusals of ended tokens that were not looked at for a notice, because those of too many tokens waited.
    pub fn lost_returns(&self) -> u64 {
        self.returns.lost()
    }

    /// Counts the returns of ended tokens as lost that still wait, and returns their number: the process ends, and nobody else
    /// knows of them.
    pub fn give_up_returns(&self) -> u64 {
        let left = self.returns.take().by_token.len();
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        self.returns.lose(left);
        left
    }

    /// Writes down what waits; what storage does not take stays in the queue, and so do returned tokens while there is no room for
    /// notices of them.
    #[tracing::instrument(name = "app.write_observations", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        if self.returns.lock().are_due(self.clock.now()) {
            self.write_all().await
        } else {
            self.write_down().await
        }
    }

    /// Writes down what waits, due or not, at the last chance.
    #[tracing::instrument(name = "app.write_all_observations", skip_all)]
    pub async fn write_all(&self) -> Result<(), DeskError> {
        let told = self.tell_of_returns().await;
        self.write_down().await.and(told)
    }

    async fn tell_of_returns(&self) -> Result<(), DeskError> {
        let mut taken = self.returns.take().by_token;
        while !taken.is_empty() {
            let batch = std::iter::from_fn(|| taken.pop_first())
                .take(BATCH)
                .collect();
            let told = self.notices.tell_of_returns(&batch).await;
            if !matches!(told, Ok(true)) {
                // They wait, for storage or until other notices have gone out.
                let mut returns = self.returns.lock();
                returns.by_token.extend(taken.into_iter().chain(batch));
                returns.found_full_at = told.is_ok().then(|| self.clock.now());
                return told.map(drop);
            }
        }
        Ok(())
    }

    async fn write_down(&self) -> Result<(), DeskError> {
        let taken = std::mem::take(&mut self.waiting.lock().observations);
        let mut parts = RowParts::new(taken);
        while let Some(part) = parts.part() {
            let written = events::insert_observations(&self.db, part, &*self.clock).await;
            match parts.settle(written) {
                Ok(None) => {}
                Ok(Some((refused, code))) => self.give_up(&refused, &code),
                Err(error) => {
                    self.put_back(parts.left());
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// Loses an observation that storage refuses for what is in it.
    fn give_up(&self, refused: &Observation, code: &str) {
        self.waiting.lose(1);
        tracing::error!(
            action = refused.event.action.name(),
            code,
            "an event is not in the audit log, and is lost: the database refuses what is in it"
        );
    }

    fn put_back(&self, mut earlier: Vec<Observation>) {
        let mut waiting = self.waiting.lock();
        earlier.append(&mut waiting.observations);
        for lost in earlier.split_off(earlier.len().min(MOST_WAITING)) {
            // The next one like it is news again.
            self.seen.remove(&lost.key());
            waiting.room.give_back(&lost);
            self.waiting.lose(1);
        }
        waiting.observations = earlier;
    }
}

impl WaitingObservations {
    fn takes(&mut self, observation: &Observation) -> bool {
        self.observations.len() < MOST_WAITING && self.room.take(observation)
    }
}

impl Returns {
    fn takes(&mut self, id: AccessTokenId, observation: &Observation) -> bool {
        let owner = observation.owner();
        let others = self.by_token.values();
        let of_owner = others.filter(|other| other.owner() == owner).count();
        let has_room = self.by_token.len() < MOST_WAITING && of_owner < MOST_RETURNS_OF_OWNER;
        if has_room {
            self.by_token.insert(id, observation.clone());
        }
        has_room
    }

    /// False while the last look, which found no room, was just now. A clock that was set back lets nobody wait.
    fn are_due(&self, now: DateTime<Utc>) -> bool {
        let since = self.found_full_at.map(|at| now - at);
        since.is_none_or(|since| since.abs() >= PAUSE)
    }
}

impl TakenRoom<'_> {
    fn keep(mut self) {
        self.seen = None;
    }
}

impl Drop for TakenRoom<'_> {
    fn drop(&mut self) {
        if let Some(seen) = &self.seen {
            self.waiting.lock().room.give_back(seen);
        }
    }
}

impl fmt::Debug for Observations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observations").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
