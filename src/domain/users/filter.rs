//! Filters and orders of lists of users.

use chrono::{DateTime, Utc};

use crate::domain::page::IdBounds;
use crate::domain::users::UserState;
use crate::domain::users::username::Username;

/// A filter for users; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Only the user with this name.
    pub username: Option<Username>,
    /// Only those with this text in their name or user name, in any letter case.
    pub search: Option<String>,
    /// True if the text may also be in their address, which not everybody may see.
    pub search_addresses: bool,
    /// Only those in this state.
    pub state: Option<UserState>,
    /// Only external users, or (false) only others.
    pub external: Option<bool>,
    /// Only administrators, or (false) only others.
    pub admin: Option<bool>,
    /// Only users with two-factor authentication on, or (false) only others.
    pub two_factor: Option<bool>,
    /// Only users made at this instant or before.
    pub created_before: Option<DateTime<Utc>>,
    /// Only users made at this instant or after.
    pub created_after: Option<DateTime<Utc>>,
    /// Only those whose ids are within these.
    pub ids: IdBounds,
    /// None at all: a kind of user is wanted that there is none of.
    pub nothing: bool,
    /// The order of the list.
    pub sort: UserSort,
}

/// An order of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserSort {
    /// The value that decides.
    pub key: UserSortKey,
    /// True if the largest comes first.
    pub descending: bool,
}

/// A value by which users can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserSortKey {
    /// The id.
    #[default]
    Id,
    /// The name that people read.
    Name,
    /// The user name.
    Username,
    /// The time of making.
    Created,
    /// The likeness to the text that is searched for: those whose user name, name or address it is come first.
    Likeness,
}
