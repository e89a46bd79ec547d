//! Users: people and machines that sign in.

pub mod filter;
pub mod password;
pub mod reference;
pub mod username;

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::text::is_unseen;
use crate::domain::users::username::Username;

/// A user, without the password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name for signing in; it never changes.
    pub username: Username,
    /// The name that people read.
    pub name: String,
    /// The e-mail address, if there is one; it also signs in.
    pub email: Option<EmailAddress>,
    /// True if the user may do everything on every path.
    pub admin: bool,
    /// True if internal groups and projects are closed to the user.
    pub external: bool,
    /// Active or blocked.
    pub state: UserState,
    /// True if their password alone opens nothing: two-factor authentication is on.
    pub two_factor: bool,
    /// The time at which the user was made.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
impl User {
    /// An active user without rights, for tests.
    pub(crate) fn plain(id: UserId, username: &str) -> Self {
        Self {
            id,
            username: Username::try_from(username).unwrap(),
            name: "Alice".to_owned(),
            email: None,
            admin: false,
            external: false,
            state: UserState::Active,
            two_factor: false,
            created_at: DateTime::UNIX_EPOCH,
        }
    }
}

/// The state of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserState {
    /// The user may sign in.
    Active,
    /// Neither the user's password nor their tokens work.
    Blocked,
}

impl UserState {
    /// The state's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }
}

/// A user, as far as the caller may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisibleUser {
    /// The names and the state.
    Basic(User),
    /// Everything, with the namespace that bears the user's name.
    Whole(User, Option<NamespaceId>),
}

impl VisibleUser {
    /// The user, of whom no more is to be shown than may be seen.
    pub fn user(&self) -> &User {
        match self {
            Self::Basic(user) | Self::Whole(user, _) => user,
        }
    }
}

/// An e-mail address, lower-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// A text that is not an e-mail address; its words do not repeat it, which may be a secret in the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an e-mail address is written as name@host, without blanks or characters that cannot be seen, in at most 254 bytes"
)]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// An address that was stored; older versions took some that are refused now. Letters that cannot be seen are not looked for.
    pub fn stored(text: &str) -> Result<Self, InvalidEmailAddress> {
        let address = text.to_lowercase();
        let is_good = address.len() <= 254
            && !address.chars().any(|c| c.is_whitespace() || c.is_control())
            && address.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty() && !host.is_empty() && !host.contains('@')
            });
        if is_good {
            Ok(Self(address))
        } else {
            Err(InvalidEmailAddress)
        }
    }

    /// The address in its stored, lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for EmailAddress {
    type Error = InvalidEmailAddress;

    /// Reads an address in any letter case. Characters that show nothing are refused, as two addresses that look alike would be two.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let address = Self::stored(text)?;
        if address.0.chars().any(is_unseen) {
            return Err(InvalidEmailAddress);
        }
        Ok(address)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_letter_that_cannot_be_seen_but_what_is_stored_is_read() {
        for good in ["alice@example.com", "\u{5e9}\u{5dc}@example.com"] {
            assert_eq!(EmailAddress::try_from(good).unwrap().as_str(), good);
        }
        for bad in [
            "ci\u{202e}nimda@example.com",
            "alice\u{200b}@example.com",
            "alice@\u{2060}example.com",
            "alice@example\u{2066}.com",
        ] {
            assert_eq!(
                EmailAddress::try_from(bad),
                Err(InvalidEmailAddress),
                "{bad:?}"
            );
            assert_eq!(EmailAddress::stored(bad).unwrap().as_str(), bad);
        }
    }
}
