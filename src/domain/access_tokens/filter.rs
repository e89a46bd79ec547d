//! What lists of personal access tokens can be narrowed to.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::UserId;

/// Which personal access tokens are wanted; all conditions count (docs/gitlab-api.md §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessTokenFilter {
    /// Only this user's.
    pub owner: Option<UserId>,
    /// Only those that are revoked at this instant, or (false) only others.
    pub revoked_at: Option<(bool, DateTime<Utc>)>,
    /// Only those that work at this instant, or (false) only others.
    pub active_at: Option<(bool, DateTime<Utc>)>,
    /// Made at this instant or before.
    pub created_before: Option<DateTime<Utc>>,
    /// Made at this instant or after.
    pub created_after: Option<DateTime<Utc>>,
    /// Last used at this instant or before.
    pub last_used_before: Option<DateTime<Utc>>,
    /// Last used at this instant or after.
    pub last_used_after: Option<DateTime<Utc>>,
    /// With an end before this date.
    pub expires_before: Option<NaiveDate>,
    /// With an end on this date or after.
    pub expires_after: Option<NaiveDate>,
    /// With this text in their name, in any letter case.
    pub search: Option<String>,
    /// In which order; else by id.
    pub sort: Option<AccessTokenSort>,
}

/// What tokens are sorted by, and whether the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessTokenSort {
    /// By what.
    pub key: AccessTokenSortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What tokens can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenSortKey {
    /// When they were made.
    Created,
    /// When they end; those without end come last.
    Expires,
    /// When they were last used; those never used come last.
    LastUsed,
    /// By name.
    Name,
}

impl AccessTokenSort {
    /// The order that GitLab calls `name`, such as `expires_desc`.
    pub fn from_name(name: &str) -> Option<Self> {
        let (key, direction) = name.rsplit_once('_')?;
        let key = match key {
            "created" => AccessTokenSortKey::Created,
            "expires" => AccessTokenSortKey::Expires,
            "last_used" => AccessTokenSortKey::LastUsed,
            "name" => AccessTokenSortKey::Name,
            _ => return None,
        };
        match direction {
            "asc" => Some(Self {
                key,
                descending: false,
            }),
            "desc" => Some(Self {
                key,
                descending: true,
            }),
            _ => None,
        }
    }
}
