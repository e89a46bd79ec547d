//! What lists of members can be narrowed to.

use crate::domain::ids::UserId;

/// Which members are wanted; all conditions count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFilter {
    /// Only these users.
    pub users: Option<Vec<UserId>>,
    /// With this text in their name or user name, in any letter case.
    pub search: Option<String>,
}
