//! Roles in groups and projects.

pub mod access_level;
pub mod association;
pub mod filter;

use chrono::{DateTime, Utc};

use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::users::User;
use crate::domain::users::username::Username;

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// The role.
    pub level: AccessLevel,
    /// The end of the role, if it has one.
    pub expiry: Option<Expiry>,
    /// The time at which the role was given.
    pub created_at: DateTime<Utc>,
    /// The user who gave it; none at the command line.
    pub given_by: Option<UserId>,
}

/// A member with the users whom lists name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The role.
    pub member: Member,
    /// The user who has it.
    pub user: User,
    /// The user who gave it, if they are still there.
    pub giver: Option<User>,
}

/// A role without the one who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastingRole {
    /// The role.
    pub level: AccessLevel,
    /// Its end, if it has one.
    pub expiry: Option<Expiry>,
}

impl LastingRole {
    /// True if it has not ended at `now`.
    pub fn lasts_at(self, now: DateTime<Utc>) -> bool {
        self.expiry.is_none_or(|expiry| !expiry.has_passed(now))
    }

    /// The place among roles: the highest, and of equal ones the one that lasts longest, is the largest.
    pub fn rank(self) -> impl Ord {
        (self.level, self.expiry.is_none(), self.expiry)
    }
}

impl Member {
    /// The role.
    pub fn role(&self) -> LastingRole {
        LastingRole {
            level: self.level,
            expiry: self.expiry,
        }
    }
}

/// The role that everyone has without a row: they own the namespace that bears their user name, and all
/// below it.
pub fn ownership(username: &Username) -> (NamespacePath, AccessLevel) {
    (username.namespace(), AccessLevel::Owner)
}

/// The role that `username` has at that path by [`ownership`].
pub fn ownership_at(path: &str, username: &Username) -> Option<AccessLevel> {
    (path == username.as_str()).then_some(AccessLevel::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_owns_the_namespace_of_their_name_and_no_other_by_it() {
        let alice: Username = "Alice".try_into().unwrap();
        let (own, level) = ownership(&alice);
        assert_eq!(ownership_at(own.as_str(), &alice), Some(level));
        for other in ["", "alic", "alice/app", "alice2", "Alice"] {
            assert_eq!(ownership_at(other, &alice), None, "{other}");
        }
    }
}
