//! What lists can be narrowed to.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::users::UserState;
use crate::domain::users::username::Username;

/// Which personal access tokens are wanted; all conditions count (gitlab-api.md 2.2).
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

/// Which deploy tokens are wanted; all conditions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeployTokenFilter {
    /// Only this group's or project's own.
    pub namespace: Option<NamespaceId>,
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

/// Which groups or projects are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceFilter {
    /// What kind of namespace.
    pub kind: NamespaceKind,
    /// Only what lies there.
    pub within: Option<Within>,
    /// With this text in their path or name, in any letter case.
    pub search: Option<String>,
    /// Only those with this visibility.
    pub visibility: Option<Visibility>,
    /// Only those that lie in nothing.
    pub top_level_only: bool,
    /// Only where the caller has at least this role.
    pub min_role: Option<AccessLevel>,
    /// All but these.
    pub skip: Vec<NamespaceId>,
    /// Only those with a higher id.
    pub after: Option<NamespaceId>,
    /// Only those with a lower id.
    pub before: Option<NamespaceId>,
    /// None at all: what is wanted is a kind of namespace that there is none of.
    pub nothing: bool,
    /// In which order.
    pub sort: NamespaceSort,
}

/// Below what namespaces are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// Directly below the namespace with this id.
    Children(NamespaceId),
    /// Anywhere below this path.
    RolesBelow(NamespacePath),
}

/// What groups and projects are sorted by, and whether the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceSort {
    /// By what.
    pub key: NamespaceSortKey,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What groups and projects can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceSortKey {
    /// By id.
    Id,
    /// By the name people read.
    Name,
    /// By path.
    Path,
    /// When they were made.
    Created,
}

impl NamespaceFilter {
    /// All of a kind, by id.
    pub fn all(kind: NamespaceKind) -> Self {
        Self {
            kind,
            within: None,
            search: None,
            visibility: None,
            top_level_only: false,
            min_role: None,
            skip: Vec::new(),
            after: None,
            before: None,
            nothing: false,
            sort: NamespaceSort {
                key: NamespaceSortKey::Id,
                descending: false,
            },
        }
    }
}

/// Which members are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFilter {
    /// Only these users.
    pub users: Option<Vec<UserId>>,
    /// With this text in their name or user name, in any letter case.
    pub search: Option<String>,
}
