//! Notices: found in events, ends and uses of tokens, kept in the outbox, and sent from there.

mod bounds;
mod deliver;
mod end_places;
mod find;
mod follow_events;
mod look_at_ends;
mod purge;
mod tell_of_addresses;
mod tell_of_returns;

pub use bounds::NoticeBounds;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::app::error::DeskError;
use crate::app::notices::end_places::EndPlaces;
use crate::app::row_parts::RowParts;
use crate::delivery::Couriers;
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::domain::notices::TokenNotice;
use crate::domain::notices::outbox::Channel;
use crate::domain::notices::rules::NoticeRules;
use crate::storage::notices::{self, NoticeRecord};
use crate::storage::{Db, PurgePass};

/// Makes notices and sends them.
///
/// Each notice is a row of the outbox for each channel, and is there until it was sent or given up. Several processes on one
/// database share the work: what one has read or taken, no other one does at the same time.
#[derive(Clone)]
pub struct Notices {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    couriers: Arc<Couriers>,
    rules: NoticeRules,
    bounds: NoticeBounds,
    /// The number of notices that could not be kept.
    lost: Arc<AtomicU64>,
    /// The number of notices that were given up.
    given_up: Arc<AtomicU64>,
    end_places: Arc<Mutex<EndPlaces>>,
    purge_pass: Arc<PurgePass>,
    /// The channels whose last attempt failed, so that the log says it once.
    failing: Arc<Mutex<Vec<Channel>>>,
}

/// The numbers of notices, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeNumbers {
    /// Those that wait to be sent.
    pub pending: u64,
    /// Those that were given up and are not deleted yet.
    pub failed: u64,
    /// Those that were not wanted any more or too many, and are not deleted yet.
    pub dropped: u64,
}

impl Notices {
    /// Notices by these rules, which are kept in `db`.
    pub fn new(
        db: Db,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        couriers: Couriers,
        rules: NoticeRules,
    ) -> Self {
        Self {
            db,
            clock,
            entropy,
            couriers: Arc::new(couriers),
            rules,
            bounds: NoticeBounds::default(),
            lost: Arc::default(),
            given_up: Arc::default(),
            end_places: Arc::default(),
            purge_pass: Arc::default(),
            failing: Arc::default(),
        }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn with_bounds(self, bounds: NoticeBounds) -> Self {
        Self { bounds, ..self }
    }

    /// The channels that notices go out on.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        let channels = self.rules.channels;
        let all = Channel::ALL.into_iter();
        all.filter(move |channel| channels.has(*channel))
    }

    /// The numbers of notices.
    pub async fn numbers(&self) -> Result<NoticeNumbers, DeskError> {
        let counts = notices::count(&self.db).await?;
        Ok(NoticeNumbers {
            pending: counts.pending,
            failed: counts.failed,
            dropped: counts.dropped,
        })
    }

    /// The number of notices that this process could not keep, because too many waited or the database refuses what is in them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The number of notices that this process has given up; unlike the rows of them, it never becomes less.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// The rows of a notice, whose cause has that name: one for each channel.
    fn records(&self, cause: &str, notice: &TokenNotice) -> Vec<NoticeRecord> {
        let channels = self.rules.channels.of(notice);
        let record = |channel: Channel| NoticeRecord {
            cause: format!("{cause} {}", channel.name()),
            message_id: format!("msg_{}", self.entropy.id().simple()),
            channel,
            notice: notice.clone(),
        };
        channels.map(record).collect()
    }

    /// Those of the `records` whose causes are new, of channels that have room for all of theirs; none if no channel has. A channel that
    /// fails so holds up no other, and what no channel can take waits at its cause.
    async fn with_room(
        &self,
        mut records: Vec<NoticeRecord>,
    ) -> Result<Option<Vec<NoticeRecord>>, DeskError> {
        if records.is_empty() {
            return Ok(Some(records));
        }
        let causes = records.iter().map(|record| record.cause.as_str());
        let known = notices::known_causes(&self.db, causes).await?;
        records.retain(|record| !known.contains(&record.cause));
        let is_nothing = records.is_empty();
        let (mut fitting, mut lost) = (Vec::new(), Vec::new());
        for channel in Channel::ALL {
            let own: Vec<_> = records
                .iter()
                .filter(|record| record.channel == channel)
                .cloned()
                .collect();
            let wanted = u64::try_from(own.len()).unwrap_or(u64::MAX);
            let most = self.bounds.pending;
            if wanted > 0 && notices::pending(&self.db, channel).await? + wanted > most {
                lost.extend(own);
            } else {
                fitting.extend(own);
            }
        }
        if fitting.is_empty() && !is_nothing {
            return Ok(None);
        }
        if !lost.is_empty() {
            self.lose(lost.len());
        }
        Ok(Some(fitting))
    }

    /// Stores the `records` that there is room for; false if there is none for any.
    async fn add(&self, records: Vec<NoticeRecord>) -> Result<bool, DeskError> {
        let Some(records) = self.with_room(records).await? else {
            return Ok(false);
        };
        self.store(records).await?;
        Ok(true)
    }

    /// Stores the `records`. One that the database refuses for what is in it is lost alone: the causes of the others would else be
    /// looked at for ever.
    async fn store(&self, records: Vec<NoticeRecord>) -> Result<(), DeskError> {
        let mut parts = RowParts::new(records);
        while let Some(part) = parts.part() {
            let stored = notices::add(&self.db, part, self.clock.now()).await;
            if let Some((refused, code)) = parts.settle(stored)? {
                self.lost.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    kind = refused.notice.kind(),
                    token = refused.notice.token.id,
                    channel = refused.channel.name(),
                    code,
                    "a notice is lost: the database refuses what is in it"
                );
            }
        }
        Ok(())
    }

    /// Logs and counts notices that are lost, because too many wait.
    fn lose(&self, number: usize) {
        let lost = u64::try_from(number).unwrap_or(u64::MAX);
        self.lost.fetch_add(lost, Ordering::Relaxed);
        let most = self.bounds.pending;
        tracing::warn!(
            lost,
            "{lost} notices are lost: {most} are waiting to be sent already"
        );
    }

    fn end_places(&self) -> MutexGuard<'_, EndPlaces> {
        // The lock is held only to read or note a place.
        self.end_places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}
