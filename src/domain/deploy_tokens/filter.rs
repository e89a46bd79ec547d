//! What lists of deploy tokens can be narrowed to.

use chrono::{DateTime, Utc};

use crate::domain::ids::NamespaceId;

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
