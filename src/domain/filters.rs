//! What lists can be narrowed to.

use chrono::{DateTime, NaiveDate, Utc};

use super::ids::{NamespaceId, UserId};
use super::user::UserState;
use super::username::Username;

/// Which personal access tokens are wanted; all conditions count (gitlab-api.md 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenFilter {
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
    pub sort: Option<TokenSort>,
}

/// What tokens are sorted by, and whether the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenSort {
    /// By what.
    pub key: TokenSortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What tokens can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSortKey {
    /// When they were made.
    Created,
    /// When they end; those without end come last.
    Expires,
    /// When they were last used; those never used come last.
    LastUsed,
    /// By name.
    Name,
}

impl TokenSort {
    /// The order that GitLab calls `name`, such as `expires_desc`.
    pub fn from_name(name: &str) -> Option<Self> {
        let (key, direction) = name.rsplit_once('_')?;
        let key = match key {
            "created" => TokenSortKey::Created,
            "expires" => TokenSortKey::Expires,
            "last_used" => TokenSortKey::LastUsed,
            "name" => TokenSortKey::Name,
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

/// Which deploy tokens are wanted; all conditions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeployTokenFilter {
    /// Only this group's or project's own.
    pub place: Option<NamespaceId>,
    /// Only those that were not revoked.
    pub unrevoked: bool,
    /// Only those that work at this instant, or (false) only others.
    pub active_at: Option<(bool, DateTime<Utc>)>,
}

/// Which users are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// The one with this name.
    pub username: Option<Username>,
    /// With this text in their name, user name or address, in any letter case.
    pub search: Option<String>,
    /// Only those in this state.
    pub state: Option<UserState>,
    /// Only external ones, or only others.
    pub external: Option<bool>,
    /// Only administrators, or only others.
    pub admin: Option<bool>,
}

/// Which members are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFilter {
    /// Only these users.
    pub users: Option<Vec<UserId>>,
    /// With this text in their name, user name or address, in any letter case.
    pub search: Option<String>,
}
