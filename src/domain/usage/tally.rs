//! The usage that is not written down yet, in bounded memory.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::decision::reason::Reason;
use crate::domain::ids::UserId;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::registry::scope::Resource;
use crate::domain::usage::{LastUse, MOST_REPOSITORIES, UsageCounts, UsageCredential};

/// Most entries that wait; a new one beyond is counted without its repository, or lost with its credential.
const MOST_ENTRIES: usize = 10_000;

/// Most names of one user among them, with all their credentials: nobody takes the room of all others.
const MOST_NAMES_OF_USER: usize = MOST_ENTRIES / 5;

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
    entries: usize,
    /// The names that each user has among them, with all their credentials.
    of_users: BTreeMap<UserId, usize>,
}

/// The usage of one credential on one day.
#[derive(Debug, Default)]
pub struct CredentialTally {
    /// That of each repository.
    pub repositories: BTreeMap<RepositoryName, RepositoryTally>,
    /// The counts that are kept without a repository.
    pub rest: UsageCounts,
}

/// The usage of one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepositoryTally {
    /// The counts.
    pub counts: UsageCounts,
    /// The last uses.
    pub last: LastUse,
}

impl RepositoryTally {
    fn add(&mut self, other: Self) {
        self.counts.add(other.counts);
        self.last = self.last.max(other.last);
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
        for scope in &decision.granted {
            if let Resource::Repository(name) = &scope.resource {
                let counts = UsageCounts::of_granted(scope.actions);
                let last = LastUse {
                    pulled_at: (counts.pulls > 0).then_some(now),
                    pushed_at: (counts.pushes > 0).then_some(now),
                };
                let tally = RepositoryTally { counts, last };
                self.add((now.date_naive(), credential), Some(name), tally);
            }
        }
        for denial in &decision.denied {
            let name = match (&denial.resource, &denial.reason) {
                (Resource::Repository(name), Reason::RoleTooLow(_)) => Some(name),
                _ => None,
            };
            let tally = RepositoryTally {
                counts: UsageCounts::of_refused(&denial.reason),
                last: LastUse::default(),
            };
            self.add((now.date_naive(), credential), name, tally);
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
            self.add((now.date_naive(), credential), None, refused);
            self.begun_at.get_or_insert(now);
        }
    }

    /// Puts back what could not be written down, which is earlier than what is here.
    pub fn put_back(&mut self, earlier: Self) {
        self.begun_at = earlier.begun_at.or(self.begun_at);
        self.lost = self.lost.saturating_add(earlier.lost);
        for (day, tally) in earlier.days {
            for (name, tally) in tally.repositories {
                self.add(day, Some(&name), tally);
            }
            if tally.rest.total() > 0 {
                let rest = RepositoryTally {
                    counts: tally.rest,
                    last: LastUse::default(),
                };
                self.add(day, None, rest);
            }
        }
    }

    fn add(&mut self, day: CredentialDay, name: Option<&RepositoryName>, more: RepositoryTally) {
        if !self.days.contains_key(&day) {
            if self.entries >= MOST_ENTRIES {
                self.lost = self.lost.saturating_add(more.counts.total());
                return;
            }
            self.entries += 1;
        }
        let tally = self.days.entry(day).or_default();
        let Some(name) = name else {
            return tally.rest.add(more.counts);
        };
        if let Some(known) = tally.repositories.get_mut(name) {
            known.add(more);
            return;
        }
        let of_user = day
            .1
            .user
            .map(|user| self.of_users.entry(user).or_default());
        let is_in_share = of_user
            .as_ref()
            .is_none_or(|number| **number < MOST_NAMES_OF_USER);
        let has_room = tally.repositories.len() < MOST_REPOSITORIES && self.entries < MOST_ENTRIES;
        if is_in_share && has_room {
            self.entries += 1;
            if let Some(number) = of_user {
                *number += 1;
            }
            tally.repositories.insert(name.clone(), more);
        } else {
            tally.rest.add(more.counts);
        }
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
