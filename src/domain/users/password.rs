//! Passwords: new ones, and the hashes that are kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password that somebody chose: 8 characters or more, at most 1024 bytes, and without control
/// characters, which cannot be sent (RFC 7617 section 2).
#[derive(Debug, Clone)]
pub struct NewPassword(SecretString);

/// The reason why a text cannot become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// It has fewer than 8 characters.
    #[error("a password has at least 8 characters")]
    Short,
    /// It has more than 1024 bytes, which would take too long to hash.
    #[error("a password has at most 1024 bytes")]
    Long,
    /// It has control characters, which clients cannot send.
    #[error("a password has no tabs or other control characters: no client can log in with them")]
    Control,
}

impl TryFrom<SecretString> for NewPassword {
    type Error = InvalidPassword;

    fn try_from(password: SecretString) -> Result<Self, Self::Error> {
        let text = password.expose_secret();
        if text.chars().count() < 8 {
            Err(InvalidPassword::Short)
        } else if text.len() > 1024 {
            Err(InvalidPassword::Long)
        } else if text.chars().any(char::is_control) {
            Err(InvalidPassword::Control)
        } else {
            Ok(Self(password))
        }
    }
}

impl From<NewPassword> for SecretString {
    fn from(password: NewPassword) -> Self {
        password.0
    }
}

/// An Argon2id hash in PHC format; does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash that was just computed or read.
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// The PHC string, for storage and verification.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_short_nor_long_and_can_be_sent() {
        let read = |text: &str| NewPassword::try_from(SecretString::from(text)).map(|_| ());
        for good in ["8 letter", &"é".repeat(512)] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        assert_eq!(read("seven .").unwrap_err(), InvalidPassword::Short);
        assert_eq!(read(&"é".repeat(513)).unwrap_err(), InvalidPassword::Long);
        assert_eq!(read("long\tenough").unwrap_err(), InvalidPassword::Control);
    }
}
