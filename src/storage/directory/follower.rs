//! Follows the numbered changes, so that it is known until when the copies were right.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

use crate::storage::changes::follow::NumberedChange;
use crate::storage::changes::position::Position;
use crate::storage::connections::db::Db;
use crate::storage::connections::sizes::MOST_ASKED;
use crate::storage::connections::timeouts::rest_of;
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::copies::Copies;
use crate::storage::error::{Outlook, StorageError};

/// The age that copies may have: who asks later than this after a change is answered by it (docs/architecture.md#copies).
pub(super) const BOUND: Duration = Duration::from_secs(1);
/// The time for which the whole process stood still beyond which a time limit proves nothing.
const STOPPED: Duration = Duration::from_millis(400);
/// The times that a question is put again because of that. A machine that is always late would have it put for ever.
const MOST_STOPS: u8 = 2;
/// The steps in which its time is counted. One that takes more than twice as long was not the process's own: a loaded machine is late,
/// but not for long.
const STEP: Duration = Duration::from_millis(100);
/// The time within which a failure may be one of the connection, and another one is worth a try.
const QUICK: Duration = Duration::from_millis(500);
/// The time, beside the longest wait for an answer, for which nobody asks again after storage was found away. A service asks all the time
/// in the background.
const AWAY: Duration = Duration::from_secs(1);
/// The time without a sign of life of the follower after which this process stood still: a service asks four times a second, and while it
/// waits for an answer there is a sign at each [`STEP`].
const STILL: Duration = Duration::from_millis(600);

/// The knowledge of one process about the changes of all.
#[derive(Debug)]
pub(super) struct Follower {
    /// The time that storage has to tell the number of the last change.
    patience: Duration,
    /// The time at which storage was last asked and answered, as a number; all changes that were acknowledged before are
    /// followed. Zero for never.
    confirmed: AtomicU64,
    away: Mutex<Option<Away>>,
    /// The time of the follower's last sign of life, as a number.
    lived: AtomicU64,
    /// The number of the last change that was followed, for those who do not ask.
    reached: AtomicI64,
    /// The place up to which changes were followed. One asks at a time; the others wait for that answer.
    position: tokio::sync::Mutex<Option<Position>>,
}

/// Storage that is away.
#[derive(Debug, Clone)]
pub(super) struct Away {
    place: Arc<str>,
    why: Arc<str>,
    /// True if the file is not the one that was opened.
    pub(super) is_replaced: bool,
    found: BootTime,
    finder: Finder,
}

/// The one who found that storage is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finder {
    /// The follower, who knows if the process itself stood still.
    Follower,
    /// A load, which may have waited for too long because the process stood still: nobody tries the same again at once, but
    /// whether copies may be stale is the follower's to say.
    Load,
}

impl Away {
    pub(super) fn error(&self) -> StorageError {
        StorageError::Unusable {
            place: self.place.to_string(),
            why: self.why.to_string(),
            outlook: Outlook::Unreachable,
        }
    }
}

impl Follower {
    /// A follower of `db` who knows nothing yet.
    pub(super) fn of(db: &Db) -> Self {
        Self {
            patience: db.patience,
            confirmed: AtomicU64::new(0),
            away: Mutex::default(),
            lived: AtomicU64::new(0),
            reached: AtomicI64::new(i64::MIN),
            position: tokio::sync::Mutex::default(),
        }
    }

    /// The time until which the copies are known to have been right.
    pub(super) fn confirmed(&self) -> Option<BootTime> {
        match self.confirmed.load(Ordering::Acquire) {
            0 => None,
            micros => Some(BootTime::from_micros(micros)),
        }
    }

    /// True if the copies were right at some time after `now - age`.
    pub(super) fn is_younger_than(&self, age: Duration, now: BootTime) -> bool {
        self.confirmed()
            .is_some_and(|confirmed| now.since(confirmed) <= age)
    }

    /// The news that storage is away, if they are fresh and this process did not stand still since: storage may have come back meanwhile.
    pub(super) fn away(&self, now: BootTime) -> Option<Away> {
        let away = self.away_slot();
        let life = self.patience + AWAY;
        let fresh =
            |away: &&Away| now.since(away.found) <= life && !self.stood_still_since(away, now);
        away.as_ref().filter(fresh).cloned()
    }

    fn stood_still_since(&self, away: &Away, now: BootTime) -> bool {
        let lived = BootTime::from_micros(self.lived.load(Ordering::Acquire));
        now.since(lived.max(away.found)) > STILL
    }

    /// Notes that the follower lives, and forgets the news of before if the process stood still.
    fn live(&self) {
        let now = BootTime::now();
        self.away_slot()
            .take_if(|away| self.stood_still_since(away, now));
        self.lived.fetch_max(now.to_micros(), Ordering::AcqRel);
    }

    /// Follows the changes, unless somebody has just done so for a request that began at `now`.
    pub(super) async fn confirm(
        &self,
        db: &Db,
        copies: &Copies,
        now: BootTime,
    ) -> Result<(), StorageError> {
        let is_confirmed = || self.is_younger_than(BOUND, now);
        self.share(db, copies, is_confirmed).await
    }

    /// Follows the changes, unless all are followed up to `number`, of which a load knows.
    pub(super) async fn reach(
        &self,
        db: &Db,
        copies: &Copies,
        number: i64,
    ) -> Result<(), StorageError> {
        let is_reached = || self.reached() >= number;
        if is_reached() {
            return Ok(());
        }
        self.share(db, copies, is_reached).await?;
        if !is_reached() {
            // The database went back since the load, so what was loaded must not be kept.
            copies.forget_everything();
        }
        Ok(())
    }

    /// The number of the last change that was followed. A load that begins now knows of it, unless its server does not.
    pub(super) fn reached(&self) -> i64 {
        self.reached.load(Ordering::Acquire)
    }

    /// Makes sure that the copies are no older than a load, which began when the changes up to `before` were followed and knows of
    /// those up to `number`. False if it knows of less: then either the database went back, which is followed here, or the load
    /// was answered by a server that lags behind. It must not count either way.
    pub(super) async fn accepts(
        &self,
        (db, copies): (&Db, &Copies),
        (before, number): (i64, i64),
    ) -> Result<bool, StorageError> {
        if number < before {
            self.follow(db, copies).await?;
            return Ok(false);
        }
        self.reach(db, copies, number).await?;
        Ok(true)
    }

    /// Follows the changes now.
    pub(super) async fn follow(&self, db: &Db, copies: &Copies) -> Result<(), StorageError> {
        self.share(db, copies, || false).await
    }

    /// Asks for the changes, unless that `is_done` when it is this one's turn. All who wait share the answer of one who asked
    /// meanwhile, also the answer that storage is away: otherwise each would wait for its silence anew.
    async fn share(
        &self,
        db: &Db,
        copies: &Copies,
        is_done: impl Fn() -> bool,
    ) -> Result<(), StorageError> {
        let begin = BootTime::now();
        let mut position = self.position.lock().await;
        let waited = begin.elapsed();
        // The question of somebody else that began later is as good.
        if is_done() || self.confirmed().is_some_and(|confirmed| confirmed >= begin) {
            return Ok(());
        }
        if let Some(away) = self.surely_away(begin)
            && away.found >= begin
        {
            return Err(away.error());
        }
        let limit = rest_of(self.patience, waited);
        self.ask((db, limit), copies, &mut position).await
    }

    async fn ask(
        &self,
        (db, limit): (&Db, Duration),
        copies: &Copies,
        position: &mut Option<Position>,
    ) -> Result<(), StorageError> {
        let (mut has_failed, mut stops_left) = (false, MOST_STOPS);
        let silent = || StorageError::silent(&db.place(), self.patience);
        loop {
            self.live();
            let (begin, mut ran) = (BootTime::now(), Duration::ZERO);
            let asked = tokio::select! {
                biased;
                asked = catch_up(db, copies, position.as_ref()) => asked,
                () = self.run_for(limit, &mut ran) => Err(silent()),
            };
            self.live();
            match asked {
                Ok(last) => {
                    self.reached.store(last.number(), Ordering::Release);
                    *position = Some(last);
                    self.confirm_at(begin);
                    return Ok(());
                }
                // The process stood still: storage had no chance to answer.
                Err(_) if stops_left > 0 && begin.elapsed() > ran + STOPPED => stops_left -= 1,
                // The server may have ended this connection alone, while this process stood still.
                Err(_) if !has_failed && begin.elapsed() < QUICK => has_failed = true,
                Err(error) => {
                    self.note(&error.at(&db.place()), Finder::Follower);
                    return Err(self.away_slot().as_ref().map_or_else(silent, Away::error));
                }
            }
        }
    }

    /// Waits until this process has run for so long, and notes for how long it has: while it is stopped, it hears no answer.
    async fn run_for(&self, limit: Duration, ran: &mut Duration) {
        while *ran < limit {
            let begin = Instant::now();
            sleep(STEP.min(limit.saturating_sub(*ran))).await;
            *ran += begin.elapsed().min(2 * STEP);
            self.live();
        }
    }

    fn confirm_at(&self, begin: BootTime) {
        *self.away_slot() = None;
        self.confirmed
            .fetch_max(begin.to_micros(), Ordering::AcqRel);
    }

    /// The news that storage is away, if they are fresh and it is the follower who found that.
    pub(super) fn surely_away(&self, now: BootTime) -> Option<Away> {
        self.away(now)
            .filter(|away| away.finder == Finder::Follower)
    }

    /// Notes that storage is away, so that nobody else waits to find out.
    pub(super) fn note(&self, error: &StorageError, finder: Finder) {
        let now = BootTime::now();
        // One connection may be dead, or one statement slow, while storage answers others.
        let is_known = self.surely_away(now).is_some() || self.is_younger_than(BOUND, now);
        if finder == Finder::Load && is_known {
            return;
        }
        if let StorageError::Unusable { place, why, .. } = error {
            *self.away_slot() = Some(Away {
                place: place.as_str().into(),
                why: why.as_str().into(),
                is_replaced: error.is_replaced(),
                found: BootTime::now(),
                finder,
            });
        }
    }

    fn away_slot(&self) -> MutexGuard<'_, Option<Away>> {
        // The lock is held only to read or write the slot, so a poisoned one is whole.
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the last change. A server that does not answer is asked again, [`MOST_ASKED`] times in all, by other connections while
/// the earlier questions wait: theirs may have died without a word, and one that is made while the network is silent never comes about.
async fn position(db: &Db) -> Result<Position, StorageError> {
    let mut left = if db.file.is_some() { 0 } else { MOST_ASKED - 1 };
    let mut asked = FuturesUnordered::from_iter([db.position()]);
    loop {
        tokio::select! {
            biased;
            Some(answer) = asked.next() => {
                // The next question may have found a server that took the place of this one's.
                if answer.is_ok() || asked.is_empty() {
                    return answer;
                }
            }
            () = sleep(db.patience / MOST_ASKED), if left > 0 => {
                asked.push(db.position());
                left -= 1;
            }
        }
    }
}

/// Drops what was touched since the place `followed`, and returns the place after the last change.
async fn catch_up(
    db: &Db,
    copies: &Copies,
    followed: Option<&Position>,
) -> Result<Position, StorageError> {
    let last = position(db).await?;
    match followed {
        Some(followed) if *followed == last => return Ok(last),
        Some(followed) if followed.number() < last.number() => {
            if let Some((changes, reached)) = db.changes_since(followed).await?
                && reached.number() >= last.number()
                && forget_all(copies, changes)
            {
                return Ok(reached);
            }
        }
        // Nothing was followed yet, or the database went back: to an older number, or to another change of the same number.
        Some(_) | None => {}
    }
    // Beyond the changes that are read at once, too.
    copies.forget_everything();
    Ok(last)
}

/// Drops what these changes touched; false if it may have been anything.
fn forget_all(copies: &Copies, changes: Vec<NumberedChange>) -> bool {
    for change in changes {
        let Some(touched) = change.touched else {
            return false;
        };
        copies.forget(touched);
    }
    true
}

#[cfg(test)]
#[path = "follower_tests.rs"]
mod tests;
