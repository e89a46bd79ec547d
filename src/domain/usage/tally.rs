//! The usage that is not written down yet, in bounded memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::decision::reason::Reason;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::registry::scope::Resource;
use crate::domain::usage::{
    MOST_REPOSITORIES, RepositoryUses, UsageCounts, UsageCredential, UsageOwner,
};

/// Most entries that wait; a new one beyond is counted without its repository, or lost with its credential.
const MOST_ENTRIES: usize = 10_000;

/// The names of an owner have at most the fourth part of the room that is left, with all their credentials, and these as
/// much: one alone takes a fifth of all for names, and however many invent them, others find room.
const PART_OF_ROOM: usize = 4;

/// A day (UTC) of a credential.
pub type CredentialDay = (NaiveDate, UsageCredential);

/// Usage that is not written down yet.
#[derive(Debug, Default)]
pub struct UsageTally {
    /// The time of the first use that waits.
    pub begun_at: Option<DateTime<Utc>>,
    /// The usage by day and credential.
    pub days: BTreeMap<CredentialDay, CredentialTally>,
    /// The number of grants and refusals for which there was no room.
    pub lost: i64,
    room: TallyRoom,
}

/// The room for entries: one is a credential on a day, or a name that it used.
#[derive(Debug, Default)]
struct TallyRoom {
    entries: usize,
    of_owners: BTreeMap<UsageOwner, OwnedEntries>,
}

/// The entries of one owner.
#[derive(Debug, Clone, Copy, Default)]
struct OwnedEntries {
    credentials: usize,
    names: usize,
}

/// The usage of one credential on one day.
#[derive(Debug, Default)]
pub struct CredentialTally {
    /// The owner of the credential.
    pub owner: Option<UsageOwner>,
    /// That of each repository.
    pub repositories: BTreeMap<RepositoryName, RepositoryTally>,
    /// The counts that are kept without a repository.
    pub rest: UsageCounts,
    /// The place among the failures of the last try that failed to write it down; 0 if none has failed.
    failure: u64,
}

/// The usage of one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepositoryTally {
    /// The counts.
    pub counts: UsageCounts,
    /// The uses.
    pub uses: RepositoryUses,
}

impl RepositoryTally {
    fn add(&mut self, other: Self) {
        self.counts.add(other.counts);
        self.uses.add(other.uses);
    }
}

impl UsageTally {
    /// Counts a decision that was answered at `now`.
    ///
    /// A name counts only if something was granted there, or if the caller may see the place: others are the callers'
    /// inventions.
    pub fn note(&mut self, caller: &Principal, decision: &Decision, now: DateTime<Utc>) {
        let Some(credential) = UsageCredential::of(caller) else {
            return;
        };
        let owner = UsageOwner::of(caller);
        let whose = ((now.date_naive(), credential), owner.as_ref());
        for scope in &decision.granted {
            if let Resource::Repository(name) = &scope.resource {
                let counts = UsageCounts::of_granted(scope.actions);
                let uses = RepositoryUses::of(&counts, now);
                let tally = RepositoryTally { counts, uses };
                self.add(whose, Some(name), tally);
            }
        }
        for denial in &decision.denied {
            let name = match (&denial.resource, &denial.reason) {
                (Resource::Repository(name), Reason::RoleTooLow(_)) => Some(name),
                _ => None,
            };
            let tally = RepositoryTally {
                counts: UsageCounts::of_refused(&denial.reason),
                uses: RepositoryUses::default(),
            };
            self.add(whose, name, tally);
        }
        if !self.days.is_empty() {
            self.begun_at.get_or_insert(now);
        }
    }

    /// Counts a caller at `now` whose credential opens no registry.
    pub fn note_without_scope(&mut self, caller: &Principal, now: DateTime<Utc>) {
        if let Some(credential) = UsageCredential::of(caller) {
            let mut refused = RepositoryTally::default();
            refused.counts.refused.scope_missing = 1;
            let owner = UsageOwner::of(caller);
            let whose = ((now.date_naive(), credential), owner.as_ref());
            self.add(whose, None, refused);
            self.begun_at.get_or_insert(now);
        }
    }

    /// The entries in the order in which they are to be written down: those of an owner's day after all others if one of them could not
    /// be written, the longer ago the sooner. So what cannot be written, however often it is tried, holds up nobody else.
    pub fn in_turn(&self) -> Vec<CredentialDay> {
        let mut of_owners: BTreeMap<_, u64> = BTreeMap::new();
        for (day, tally) in &self.days {
            let last = of_owners.entry((day.0, tally.owner.as_ref())).or_default();
            *last = tally.failure.max(*last);
        }
        let turn = |(day, tally): (&CredentialDay, &CredentialTally)| {
            let of_owner = of_owners.get(&(day.0, tally.owner.as_ref())).copied();
            (of_owner.unwrap_or_default(), tally.failure, *day)
        };
        let mut turns: Vec<_> = self.days.iter().map(turn).collect();
        turns.sort_unstable();
        turns.into_iter().map(|(.., day)| day).collect()
    }

    /// Notes that an entry could not be written down, so that others are tried first.
    pub fn note_failure(&mut self, day: &CredentialDay) {
        let last = self.days.values().map(|tally| tally.failure).max();
        if let Some(tally) = self.days.get_mut(day) {
            tally.failure = last.unwrap_or_default().saturating_add(1);
        }
    }

    /// Puts back what could not be written down, which is earlier than what is here.
    pub fn put_back(&mut self, earlier: Self) {
        self.begun_at = earlier.begun_at.or(self.begun_at);
        self.lost = self.lost.saturating_add(earlier.lost);
        for (day, tally) in earlier.days {
            let whose = (day, tally.owner.as_ref());
            for (name, tally) in tally.repositories {
                self.add(whose, Some(&name), tally);
            }
            if tally.rest.total() > 0 {
                let rest = RepositoryTally {
                    counts: tally.rest,
                    uses: RepositoryUses::default(),
                };
                self.add(whose, None, rest);
            }
            if let Some(kept) = self.days.get_mut(&day) {
                kept.failure = tally.failure.max(kept.failure);
            }
        }
    }

    fn add(
        &mut self,
        (day, owner): (CredentialDay, Option<&UsageOwner>),
        name: Option<&RepositoryName>,
        more: RepositoryTally,
    ) {
        let tally = match self.days.entry(day) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                if !self.room.take(owner, |owned| &mut owned.credentials) {
                    self.lost = self.lost.saturating_add(more.counts.total());
                    return;
                }
                new.insert(CredentialTally {
                    owner: owner.cloned(),
                    ..CredentialTally::default()
                })
            }
        };
        let Some(name) = name else {
            return tally.rest.add(more.counts);
        };
        if let Some(known) = tally.repositories.get_mut(name) {
            known.add(more);
        } else if tally.repositories.len() < MOST_REPOSITORIES
            && self.room.take(owner, |owned| &mut owned.names)
        {
            tally.repositories.insert(name.clone(), more);
        } else {
            tally.rest.add(more.counts);
        }
    }
}

impl TallyRoom {
    /// Takes the room of one entry of a sort, if there is some for its owner.
    fn take(
        &mut self,
        owner: Option<&UsageOwner>,
        sort: fn(&mut OwnedEntries) -> &mut usize,
    ) -> bool {
        let left = MOST_ENTRIES.saturating_sub(self.entries);
        if left == 0 {
            return false;
        }
        if let Some(owner) = owner {
            let mut entries = self.of_owners.get(owner).copied().unwrap_or_default();
            let number = sort(&mut entries);
            if *number >= left / PART_OF_ROOM {
                return false;
            }
            *number += 1;
            self.of_owners.insert(owner.clone(), entries);
        }
        self.entries += 1;
        true
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
