//! The names by which callers refer to users: an id or a user name.

use std::fmt;

use crate::domain::ids::UserId;
use crate::domain::users::username::Username;

/// The id or the name of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserReference {
    /// The id.
    Id(UserId),
    /// The user name.
    Name(Username),
}

impl From<UserId> for UserReference {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl From<Username> for UserReference {
    fn from(username: Username) -> Self {
        Self::Name(username)
    }
}

impl fmt::Display for UserReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(username) => username.fmt(f),
        }
    }
}
