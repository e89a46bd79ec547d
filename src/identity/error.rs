//! The reasons why a caller was not identified.

use std::fmt;

use crate::identity::password::PasswordError;
use crate::storage::StorageError;

/// The caller could not be identified.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The credential is wrong; the caller is not told why.
    #[error("the credential was refused: {0}")]
    Wrong(Cause),
    /// Too many passwords are waiting to be checked.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// The password could not be checked.
    #[error("a password could not be checked")]
    Password(#[source] PasswordError),
    /// Storage could not be asked.
    #[error("the credential could not be looked up")]
    Storage(#[from] StorageError),
}

impl From<PasswordError> for AuthenticationError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Failed(_) => Self::Password(error),
        }
    }
}

impl From<Cause> for AuthenticationError {
    fn from(cause: Cause) -> Self {
        Self::Wrong(cause)
    }
}

/// The reason why a credential was refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The header is not Basic with a name and a secret.
    Unreadable,
    /// The secret is empty.
    EmptySecret,
    /// It has a token's prefix, but not its form or checksum.
    BrokenToken,
    /// No such token.
    UnknownToken,
    /// The token's date has come.
    ExpiredToken,
    /// The token was revoked.
    RevokedToken,
    /// The refresh token is for another registry.
    OtherService,
    /// The deploy token came beside another user name than its own.
    OtherUsername,
    /// The owner is blocked.
    BlockedUser,
    /// No such user.
    UnknownUser,
    /// The user has no password.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// No credential was presented, and anonymous access is off.
    AnonymousAccessOff,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the authorization header is unreadable",
            Self::EmptySecret => "the secret is empty",
            Self::BrokenToken => "the token is mistyped or cut",
            Self::UnknownToken => "the token is unknown",
            Self::ExpiredToken => "the token has expired",
            Self::RevokedToken => "the token was revoked",
            Self::OtherService => "the refresh token is for another service",
            Self::OtherUsername => "the deploy token came beside another user name than its own",
            Self::BlockedUser => "the user is blocked",
            Self::UnknownUser => "the user is unknown",
            Self::NoPassword => "the user has no password",
            Self::WrongPassword => "the password is wrong",
            Self::AnonymousAccessOff => "anonymous access is off",
        })
    }
}
