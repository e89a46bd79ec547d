//! Errors of second factors.

use std::time::Duration;

use crate::app::error::DeskError;
use crate::domain::authority::Refusal;
use crate::identity::AuthenticationError;
use crate::signing::{KeyError, NotSealed};
use crate::storage::{BeginError, StorageError};

/// A second factor that was not set up, accepted or turned off.
#[derive(Debug, thiserror::Error)]
pub enum TwoFactorError {
    /// The caller is no user, or not any more.
    #[error("the caller is no user")]
    NoUser,
    /// It is on already.
    #[error("two-factor authentication is on already; turn it off before you set it up anew")]
    AlreadyOn,
    /// It is off.
    #[error("two-factor authentication is off")]
    Off,
    /// No sign-in awaits a code: it has ended, or was never begun.
    #[error("no sign-in awaits a code")]
    NoSignIn,
    /// There is nothing to confirm.
    #[error("there is no secret to confirm; begin the set-up again")]
    NotBegun,
    /// The code fits no step, was used before, or is no recovery code that is left.
    #[error("the code is wrong or was used before")]
    WrongCode,
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// Somebody else made the password, and knows it.
    #[error(
        "somebody else made this password: choose one of your own on your profile page first, or show a code"
    )]
    TemporaryPassword,
    /// Too many codes or passwords were wrong; the caller has to wait for so long.
    #[error("too many codes or passwords were wrong")]
    Throttled(Duration),
    /// Another process writes key files at this moment, or their disk does not answer.
    #[error("the file of the key that encrypts secrets cannot be read or made at this moment")]
    KeyBusy,
    /// The key that encrypts secrets cannot be used.
    #[error("the key that encrypts secrets cannot be used")]
    Key(#[from] KeyError),
    /// The secret was not encrypted.
    #[error(transparent)]
    Sealing(#[from] NotSealed),
    /// The password could not be checked.
    #[error(transparent)]
    Authentication(AuthenticationError),
    /// The change was not made.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<AuthenticationError> for TwoFactorError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Wrong(_) => Self::WrongPassword,
            AuthenticationError::Throttled(wait, _) => Self::Throttled(wait),
            error => Self::Authentication(error),
        }
    }
}

impl From<BeginError> for TwoFactorError {
    fn from(error: BeginError) -> Self {
        Self::Desk(error.into())
    }
}

impl From<StorageError> for TwoFactorError {
    fn from(error: StorageError) -> Self {
        Self::Desk(error.into())
    }
}

impl From<Refusal> for TwoFactorError {
    fn from(refusal: Refusal) -> Self {
        Self::Desk(refusal.into())
    }
}
