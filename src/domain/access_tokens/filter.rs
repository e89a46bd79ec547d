//! Filters and orders of lists of personal access tokens.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::UserId;

/// A filter for personal access tokens; all conditions must hold (docs/gitlab-api.md §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessTokenFilter {
    /// Only tokens of this user.
    pub owner: Option<UserId>,
    /// Only tokens that are revoked at this instant, or (false) that are not.
    pub revoked_at: Option<(bool, DateTime<Utc>)>,
    /// Only tokens that work at this instant, or (false) that do not.
    pub active_at: Option<(bool, DateTime<Utc>)>,
    /// Only tokens made at this instant or before.
    pub created_before: Option<DateTime<Utc>>,
    /// Only tokens made at this instant or after.
    pub created_after: Option<DateTime<Utc>>,
    /// Only tokens last used at this instant or before.
    pub last_used_before: Option<DateTime<Utc>>,
    /// Only tokens last used at this instant or after.
    pub last_used_after: Option<DateTime<Utc>>,
    /// Only tokens that were not used after this instant; the making of a token counts as a use.
    pub unused_since: Option<DateTime<Utc>>,
    /// Only tokens with an end before this date.
    pub expires_before: Option<NaiveDate>,
    /// Only tokens with an end on this date or after.
    pub expires_after: Option<NaiveDate>,
    /// Only tokens with this text in their name, in any letter case.
    pub search: Option<String>,
    /// The order of the list; without it, by id.
    pub sort: Option<AccessTokenSort>,
}

/// An order of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessTokenSort {
    /// The value that decides.
    pub key: AccessTokenSortKey,
    /// True if the largest comes first.
    pub descending: bool,
}

/// A value by which tokens can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenSortKey {
    /// The time of making.
    Created,
    /// The end; tokens without one come last.
    Expires,
    /// The last use; tokens that were never used come last.
    LastUsed,
    /// The name.
    Name,
}

impl AccessTokenSort {
    /// The order with GitLab's name for it, such as `expires_desc`.
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
