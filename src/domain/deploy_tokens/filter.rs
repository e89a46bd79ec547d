//! Filters of lists of deploy tokens.

use chrono::{DateTime, Utc};

use crate::domain::ids::NamespaceId;

/// A filter for deploy tokens; all conditions must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeployTokenFilter {
    /// Only deploy tokens of this group or project itself.
    pub namespace: Option<NamespaceId>,
    /// Only deploy tokens that were not revoked.
    pub unrevoked: bool,
    /// Only deploy tokens that work at this instant.
    pub active_at: Option<DateTime<Utc>>,
}
