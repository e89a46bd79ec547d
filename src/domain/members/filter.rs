//! Filters of lists of members.

use crate::domain::ids::UserId;

/// A filter for members; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFilter {
    /// Only these users.
    pub users: Option<Vec<UserId>>,
    /// Only those with this text in their name or user name, in any letter case.
    pub search: Option<String>,
}
