//! What lists of users can be narrowed to.

use chrono::{DateTime, Utc};

use crate::domain::users::UserState;
use crate::domain::users::username::Username;

/// Which users are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// The one with this name.
    pub username: Option<Username>,
    /// With this text in their name or user name, in any letter case.
    pub search: Option<String>,
    /// Whether the text may be in their address too: addresses are not for everybody.
    pub search_addresses: bool,
    /// Only those in this state.
    pub state: Option<UserState>,
    /// Only external ones, or only others.
    pub external: Option<bool>,
    /// Only administrators, or only others.
    pub admin: Option<bool>,
    /// Made at this instant or before.
    pub created_before: Option<DateTime<Utc>>,
    /// Made at this instant or after.
    pub created_after: Option<DateTime<Utc>>,
    /// In which order.
    pub sort: UserSort,
}

/// What users are sorted by, and whether the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserSort {
    /// By what.
    pub key: UserSortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What users can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserSortKey {
    /// By id.
    #[default]
    Id,
    /// By the name people read.
    Name,
    /// By user name.
    Username,
    /// When they were made.
    Created,
}
