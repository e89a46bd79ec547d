//! Writing down what was counted, a batch at a time.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use crate::app::error::DeskError;
use crate::app::usage::count::UsageCounter;
use crate::domain::ids::{NamespaceId, RepositoryId};
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::tally::{CredentialDay, CredentialTally, UsageTally};
use crate::domain::usage::{
    MOST_OF_OWNER, MOST_REPOSITORIES, RepositoryUses, UsageCounts, UsageOwner,
};
use crate::storage::usage::UsagePlaced;
use crate::storage::{StorageError, repositories, usage};

/// The time for which counts wait at most before they are written down.
const INTERVAL: TimeDelta = TimeDelta::seconds(10);
/// Most repositories that are looked up at a time.
const BATCH: usize = 100;

/// The stored things that a batch concerns, as far as they are known.
#[derive(Default)]
struct KnownInBatch {
    /// The uses in the batch, by whichever credential.
    uses: BTreeMap<RepositoryName, RepositoryUses>,
    namespaces: BTreeMap<RepositoryName, NamespaceId>,
    repositories: BTreeMap<RepositoryName, RepositoryId>,
    /// The numbers of rows of owners' days. Asked for once: to count those of a group means to go through all below it.
    rows: BTreeMap<(NaiveDate, UsageOwner), u64>,
    /// The failure to note uses.
    failure: Option<StorageError>,
}

impl KnownInBatch {
    /// Notes a row that was made for an owner's day.
    fn note_row(&mut self, day: NaiveDate, owner: Option<&UsageOwner>) {
        if let Some(owner) = owner
            && let Some(rows) = self.rows.get_mut(&(day, owner.clone()))
        {
            *rows = rows.saturating_add(1);
        }
    }
}

impl UsageCounter {
    /// Writes down what has waited long enough; what storage does not take stays.
    #[tracing::instrument(name = "app.write_usage_counts", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        let (now, begun_at) = (self.clock.now(), self.waiting.lock().begun_at);
        // A clock that was set back must not let it wait for ever.
        let is_due = begun_at.is_some_and(|begun| now < begun || now - begun >= INTERVAL);
        if is_due {
            self.write_all().await
        } else {
            Ok(())
        }
    }

    /// Writes down everything, at the last chance.
    #[tracing::instrument(name = "app.write_all_usage_counts", skip_all)]
    pub async fn write_all(&self) -> Result<(), DeskError> {
        let mut batch = self.waiting.take();
        if batch.lost > 0 {
            let lost = u64::try_from(batch.lost).unwrap_or(u64::MAX);
            self.waiting.lose(lost);
            tracing::warn!(
                lost = batch.lost,
                "too many credentials were used at once: some grants and refusals were not counted"
            );
            batch.lost = 0;
        }
        let written = self.write_down(&mut batch).await;
        if !batch.days.is_empty() {
            self.waiting.lock().put_back(batch);
        }
        Ok(written?)
    }

    /// Writes down `batch`, and takes out of it all that is written. The first entry that cannot be written ends it, because it may
    /// have waited for a database that is away; the next time others come first.
    async fn write_down(&self, batch: &mut UsageTally) -> Result<(), StorageError> {
        let mut known = self.note_repositories(batch).await?;
        for day in batch.in_turn() {
            let Some(tally) = batch.days.get_mut(&day) else {
                continue;
            };
            if let Err(error) = self.write_day(day, tally, &mut known).await {
                batch.note_failure(&day);
                return Err(error);
            }
            batch.days.remove(&day);
        }
        known.failure.map_or(Ok(()), Err)
    }

    /// Notes the last uses of the repositories that are stored. With the first that cannot be noted this ends, because it may have waited, and
    /// the failure is told beside what is known: the next uses are noted, and counts do not wait for that.
    async fn note_repositories(&self, batch: &UsageTally) -> Result<KnownInBatch, StorageError> {
        let mut known = KnownInBatch::default();
        for (name, used) in batch.days.values().flat_map(|day| &day.repositories) {
            known.uses.entry(name.clone()).or_default().add(used.uses);
        }
        let names: Vec<&RepositoryName> = known.uses.keys().collect();
        let (mut namespaces, mut repositories) = (BTreeMap::new(), BTreeMap::new());
        for names in names.chunks(BATCH) {
            let found = repositories::namespaces_of(&self.db, names).await?;
            for stored in repositories::find_all(&self.db, names).await? {
                let namespace = found.get(&stored.name).copied();
                let used = known.uses.get(&stored.name).copied().unwrap_or_default();
                let now = self.clock.now();
                let last = stored.last.possible_at(now);
                let is_news = last.max(used.last) != stored.last
                    || used.first.is_some_and(|first| first < stored.created_at)
                    || stored.namespace != namespace;
                if is_news && known.failure.is_none() {
                    let used = (used, now);
                    let done = repositories::note_use(&self.db, stored.id, namespace, used).await;
                    known.failure = done.err();
                }
                repositories.insert(stored.name, stored.id);
            }
            namespaces.extend(found);
        }
        Ok(KnownInBatch {
            namespaces,
            repositories,
            ..known
        })
    }

    /// Writes down a credential's day, and takes out of it all that is written.
    async fn write_day(
        &self,
        day: CredentialDay,
        tally: &mut CredentialTally,
        known: &mut KnownInBatch,
    ) -> Result<(), StorageError> {
        let mut new = Vec::new();
        let names: Vec<RepositoryName> = tally.repositories.keys().cloned().collect();
        for name in names {
            let (Some(used), id) = (
                tally.repositories.get(&name),
                known.repositories.get(&name).copied(),
            ) else {
                continue;
            };
            if id.is_some() && usage::add(&self.db, day, id, used.counts).await? {
                tally.repositories.remove(&name);
            } else {
                new.push((name, *used));
            }
        }
        if !new.is_empty() {
            let stored = usize::try_from(usage::count(&self.db, day).await?).unwrap_or(usize::MAX);
            let mut room = MOST_REPOSITORIES.saturating_sub(stored);
            if let Some(owner) = &tally.owner {
                // An owner who invents names below their own could make ever new tokens for it.
                let stored = self.rows_of_owner((day.0, owner), known).await?;
                let stored = usize::try_from(stored).unwrap_or(usize::MAX);
                room = room.min(MOST_OF_OWNER.saturating_sub(stored));
            }
            for (place, (name, used)) in new.into_iter().enumerate() {
                // A refusal alone makes no repository known.
                let is_used = used.uses.first.is_some();
                if place < room && (is_used || known.repositories.contains_key(&name)) {
                    self.write_new(day, (&name, used.counts), known).await?;
                    known.note_row(day.0, tally.owner.as_ref());
                } else {
                    tally.rest.add(used.counts);
                }
                tally.repositories.remove(&name);
            }
        }
        if tally.rest.total() > 0 && !usage::add(&self.db, day, None, tally.rest).await? {
            usage::insert(&self.db, day, None, tally.rest).await?;
            known.note_row(day.0, tally.owner.as_ref());
        }
        tally.rest = UsageCounts::default();
        Ok(())
    }

    /// The number of rows of an owner's day.
    async fn rows_of_owner(
        &self,
        (day, owner): (NaiveDate, &UsageOwner),
        known: &mut KnownInBatch,
    ) -> Result<u64, StorageError> {
        let key = (day, owner.clone());
        if let Some(rows) = known.rows.get(&key) {
            return Ok(*rows);
        }
        let rows = usage::count_of_owner(&self.db, (day, owner)).await?;
        known.rows.insert(key, rows);
        Ok(rows)
    }

    /// Writes down the first use of a repository by a credential on a day.
    async fn write_new(
        &self,
        day: CredentialDay,
        (name, counts): (&RepositoryName, UsageCounts),
        known: &mut KnownInBatch,
    ) -> Result<(), StorageError> {
        let namespace = known.namespaces.get(name).copied();
        let id = if let Some(id) = known.repositories.get(name) {
            *id
        } else {
            let (new, now) = ((name, namespace), self.clock.now());
            let used = known.uses.get(name).copied().unwrap_or_default();
            let id = repositories::insert(&self.db, new, used, now).await?;
            known.repositories.insert(name.clone(), id);
            id
        };
        let repository = UsagePlaced {
            id,
            name,
            namespace,
        };
        usage::insert(&self.db, day, Some(repository), counts).await
    }
}
