//! A person or machine that signs in.

pub mod filter;
pub mod password;
pub mod username;

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::ids::UserId;
use crate::domain::users::username::Username;

/// A user, without the password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number it is named by.
    pub id: UserId,
    /// The name it signs in with; never changes.
    pub username: Username,
    /// The name people read.
    pub name: String,
    /// The address, which also signs in.
    pub email: Option<EmailAddress>,
    /// Whether it may do everything on every path.
    pub admin: bool,
    /// Whether internal projects are closed to it.
    pub external: bool,
    /// Whether it may sign in.
    pub state: UserState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserState {
    /// It may.
    Active,
    /// It and its tokens may not.
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

/// An e-mail address, lower-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an e-mail address")]
pub struct InvalidEmailAddress(String);

impl EmailAddress {
    /// The address in its stored, lower-case form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for EmailAddress {
    type Error = InvalidEmailAddress;

    /// Reads an address in any letter case; only what it takes to tell it from a user name is checked.
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let address = text.to_lowercase();
        let is_good = address.len() <= 254
            && !address.chars().any(|c| c.is_whitespace() || c.is_control())
            && address.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty() && !host.is_empty() && !host.contains('@')
            });
        if is_good {
            Ok(Self(address))
        } else {
            Err(InvalidEmailAddress(text.chars().take(254).collect()))
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
