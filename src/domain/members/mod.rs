//! Roles in groups and projects.

pub mod access_level;
pub mod association;
pub mod filter;

use chrono::{DateTime, Utc};

use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// The role.
    pub level: AccessLevel,
    /// When the role ends.
    pub expiry: Option<Expiry>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}
