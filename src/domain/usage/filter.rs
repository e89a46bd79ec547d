//! Questions about usage: which part of it, and by what it is added up.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{NamespaceId, RepositoryId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::{CredentialKind, UsageCounts};

/// Leaves only a part of the usage; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageFilter {
    /// The place of the repositories.
    pub place: Option<UsagePlace>,
    /// The repository.
    pub repository: Option<RepositoryName>,
    /// The user whose credentials they are.
    pub user: Option<UserId>,
    /// The kind and id of the credential.
    pub credential: Option<(CredentialKind, i64)>,
    /// The instant at which the place was made: no day before it counts, nor on that day what repositories had that were
    /// there before.
    pub since: Option<DateTime<Utc>>,
    /// The first day that counts (UTC).
    pub from: Option<NaiveDate>,
    /// The last day that counts (UTC).
    pub to: Option<NaiveDate>,
}

/// A place to which repositories belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsagePlace {
    /// A project.
    Project(NamespaceId),
    /// A group or a user's own namespace, with everything below it.
    Below(NamespacePath),
}

/// The thing for each of which usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageGrouping {
    /// The day.
    Day,
    /// The credential.
    Token,
    /// The repository.
    Repository,
    /// The project, or the group for what belongs to no project.
    Project,
}

impl UsageGrouping {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Day, Self::Token, Self::Repository, Self::Project];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Token => "token",
            Self::Repository => "repository",
            Self::Project => "project",
        }
    }
}

/// The thing whose usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKey {
    /// A day.
    Day(NaiveDate),
    /// A credential, with its user.
    Credential(CredentialKind, i64, Option<UserId>),
    /// A repository; none for what is counted without one.
    Repository(Option<RepositoryId>),
    /// A group, project or user's own namespace; none for what belongs to nothing.
    Namespace(Option<NamespaceId>),
}

/// The usage of one thing, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSum {
    /// The thing.
    pub key: UsageKey,
    /// Its name, if it is a repository, a group or a project that is known by one.
    pub name: Option<String>,
    /// The first day on which anything was counted.
    pub first_day: NaiveDate,
    /// The last day on which anything was counted.
    pub last_day: NaiveDate,
    /// The counts.
    pub counts: UsageCounts,
}

impl UsageKey {
    /// The kinds of credentials that one id of a list leaves room for.
    const KINDS: i64 = 8;

    /// The number by which a list is followed: it rises from each thing to the next.
    pub fn number(self) -> i64 {
        match self {
            Self::Day(day) => i64::from(chrono::Datelike::num_days_from_ce(&day)),
            Self::Credential(kind, id, _) => {
                let place = CredentialKind::ALL.iter().position(|&other| other == kind);
                let place = i64::try_from(place.unwrap_or_default()).unwrap_or_default();
                id.saturating_mul(Self::KINDS).saturating_add(place)
            }
            Self::Repository(id) => id.map_or(0, |id| id.0),
            Self::Namespace(id) => id.map_or(0, |id| id.0),
        }
    }

    /// The id and kind of the credential with that number, or the next before it.
    pub fn credential_at(number: i64) -> (i64, CredentialKind) {
        let place = usize::try_from(number.rem_euclid(Self::KINDS)).unwrap_or_default();
        let last = CredentialKind::RefreshToken;
        let kind = CredentialKind::ALL.get(place).copied().unwrap_or(last);
        (number.div_euclid(Self::KINDS), kind)
    }

    /// The day with that number, or the first or last day that every database knows.
    pub fn day_at(number: i64) -> NaiveDate {
        /// The numbers of the first day of the year 1000 and of the last of the year 9999.
        const FIRST: i64 = 364_878;
        const LAST: i64 = 3_652_059;
        let number = i32::try_from(number.clamp(FIRST, LAST)).unwrap_or_default();
        NaiveDate::from_num_days_from_ce_opt(number).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_credential_leads_back_to_it() {
        let mut last = -1;
        for id in [0, 1, 2, 1_000_000] {
            for kind in CredentialKind::ALL {
                let number = UsageKey::Credential(kind, id, None).number();
                assert!(number > last, "{kind:?} {id}");
                assert_eq!(UsageKey::credential_at(number), (id, kind));
                last = number;
            }
        }
        let day = "2026-03-14".parse().unwrap();
        assert_eq!(UsageKey::day_at(UsageKey::Day(day).number()), day);
        assert_eq!(UsageKey::day_at(i64::MAX).to_string(), "9999-12-31");
        assert_eq!(UsageKey::day_at(i64::MIN).to_string(), "1000-01-01");
    }
}
