//! Filters of lists of members.

use crate::domain::ids::UserId;

/// A filter for members; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFilter {
    /// Only these users.
    pub users: Option<Vec<UserId>>,
    /// All but these users.
    pub skip: Vec<UserId>,
    /// Only those with this text in their name or user name, in any letter case.
    pub search: Option<String>,
    /// None at all: a kind of member is wanted that there is none of.
    pub nothing: bool,
}
