//! Passwords: new ones, and the hashes that are kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::secret::SecretKind;
use crate::domain::users::EmailAddress;
use crate::domain::users::username::Username;

/// Passwords that are tried first: the most frequent ones of at least 8 characters in the frequency list of zxcvbn
/// (MIT), and those that installations of services like this one are known by. In lower case, one on a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that somebody chose: 8 characters or more, at most 1024 bytes, without control characters, which cannot
/// be sent (RFC 7617 section 2), none that begins like a token, and none that everybody tries.
#[derive(Debug, Clone)]
pub struct NewPassword {
    text: SecretString,
    is_temporary: bool,
}

/// The reason why a text cannot become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// It has fewer than 8 characters.
    #[error("a password has at least 8 characters")]
    Short,
    /// It has more than 1024 bytes, which would take too long to hash.
    #[error("a password has at most 1024 bytes")]
    Long,
    /// It has control characters, which clients cannot send, or U+FFFD, which stands for bytes that are not UTF-8.
    #[error(
        "a password is UTF-8, and has no tabs or other control characters: no client can log in with them"
    )]
    Control,
    /// It begins like a token, so that a login with it would be one by a token.
    #[error(
        "a password does not begin with whf_pat_, whf_dpt_ or whf_rt_, as tokens do: it would be taken for a broken \
         one; choose another beginning"
    )]
    LikeToken,
    /// It is one of those that are tried first.
    #[error("this password is one of the most common ones, which are tried first; choose another")]
    Common,
    /// It is the user's name, or that and a few digits.
    #[error("a password is not the user name, with or without digits; choose another")]
    UserName,
    /// It is the user's e-mail address, or that and a few digits.
    #[error("a password is not the e-mail address, with or without digits; choose another")]
    Address,
}

impl NewPassword {
    /// The password as one that another person knows: its user is to choose another one when they sign in.
    #[must_use]
    pub fn as_temporary(self) -> Self {
        Self {
            is_temporary: true,
            ..self
        }
    }

    /// True if its user is to choose another one when they sign in.
    pub fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// Refuses what the user signs in with beside it: their name and their address, with or without something before or behind
    /// it that is no letter.
    pub fn check_differs_from(
        &self,
        username: &Username,
        email: Option<&EmailAddress>,
    ) -> Result<(), InvalidPassword> {
        let text = self.text.expose_secret();
        if is_around(text, username.as_str()) {
            Err(InvalidPassword::UserName)
        } else if email.is_some_and(|email| is_around(text, email.as_str())) {
            Err(InvalidPassword::Address)
        } else {
            Ok(())
        }
    }
}

/// True for that name in any letter case, with or without something around it that is no letter.
fn is_around(text: &str, name: &str) -> bool {
    // A name of digits alone has no letters, and neither have many good passwords.
    let is_around_letters = !letters(name).is_empty() && letters(text) == letters(name);
    is_around_letters || text.eq_ignore_ascii_case(name)
}

/// True for a password that is tried first, in any letter case.
fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_one_character = lower.chars().all(|letter| lower.starts_with(letter));
    is_one_character || letters(text) == "wharfinger" || COMMON.lines().any(|line| line == lower)
}

/// The text in lower case, from its first letter to its last.
fn letters(text: &str) -> String {
    let between = text.trim_matches(|letter: char| !letter.is_alphabetic());
    between.to_lowercase()
}

impl TryFrom<SecretString> for NewPassword {
    type Error = InvalidPassword;

    fn try_from(password: SecretString) -> Result<Self, Self::Error> {
        let text = password.expose_secret();
        if text.chars().count() < 8 {
            Err(InvalidPassword::Short)
        } else if text.len() > 1024 {
            Err(InvalidPassword::Long)
        } else if text
            .contains(|letter: char| letter.is_control() || letter == char::REPLACEMENT_CHARACTER)
        {
            Err(InvalidPassword::Control)
        } else if SecretKind::of(text).is_some() {
            Err(InvalidPassword::LikeToken)
        } else if is_common(text) {
            Err(InvalidPassword::Common)
        } else {
            Ok(Self {
                text: password,
                is_temporary: false,
            })
        }
    }
}

impl From<NewPassword> for SecretString {
    fn from(password: NewPassword) -> Self {
        password.text
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
        for good in ["8 letter", &format!("a{}", "éa".repeat(341))] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        assert_eq!(read("seven .").unwrap_err(), InvalidPassword::Short);
        assert_eq!(read(&"é".repeat(513)).unwrap_err(), InvalidPassword::Long);
        assert_eq!(read("long\tenough").unwrap_err(), InvalidPassword::Control);
    }

    #[test]
    fn a_password_that_everybody_tries_is_refused_in_any_letter_case() {
        for bad in [
            "12345678",
            "Password",
            "PASSWORD123",
            "qwertyuiop",
            "iLoveYou",
            "adminadmin",
            "aaaaaaaaa",
            "éééééééé",
            "Wharfinger",
            "wharfinger2026!",
            "123wharfinger",
        ] {
            let read = NewPassword::try_from(SecretString::from(bad));
            assert_eq!(read.unwrap_err(), InvalidPassword::Common, "{bad}");
        }
        for good in ["wharfinger at night", "12345678 steps", "passwordless"] {
            assert!(
                NewPassword::try_from(SecretString::from(good)).is_ok(),
                "{good}"
            );
        }
        assert!(COMMON.lines().count() > 2000);
        for line in COMMON.lines() {
            assert!(
                line.chars().count() >= 8 && line.to_lowercase() == line,
                "{line}"
            );
        }
    }

    #[test]
    fn a_password_is_neither_the_user_name_nor_the_address() {
        let alexandra = Username::try_from("alexandra.7").unwrap();
        let address = EmailAddress::try_from("alex@example.com").unwrap();
        let check = |text: &str| {
            let password = NewPassword::try_from(SecretString::from(text)).unwrap();
            password.check_differs_from(&alexandra, Some(&address))
        };
        for bad in ["alexandra.7", "Alexandra!", "ALEXANDRA2026", "!alexandra!"] {
            assert_eq!(check(bad), Err(InvalidPassword::UserName), "{bad}");
        }
        for bad in ["alex@example.com", "Alex@Example.COM", "alex@example.com1"] {
            assert_eq!(check(bad), Err(InvalidPassword::Address), "{bad}");
        }
        for good in ["alexandra rows at night", "alex at example.com"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
