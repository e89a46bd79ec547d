//! Errors of authentication.

use std::time::Duration;

use crate::domain::authority::cause::Cause;
use crate::domain::events::about::About;
use crate::identity::password::PasswordError;
use crate::storage::StorageError;

/// The caller could not be identified.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The credential is wrong; the caller is not told why.
    #[error("the credential was refused: {0}")]
    Wrong(Cause),
    /// Too many logins failed before, and the caller has to wait for so long; a password was not even looked at.
    #[error("too many logins failed before{}", .1.map_or(String::new(), |cause| format!(", and {cause}")))]
    Throttled(Duration, Option<Cause>),
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

impl AuthenticationError {
    /// The cause for which the credential was refused, if it was looked at.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Wrong(cause) => Some(*cause),
            Self::Throttled(_, cause) => *cause,
            Self::Busy | Self::Password(_) | Self::Storage(_) => None,
        }
    }

    /// True if the same credential may be accepted a few seconds later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Wrong(_) | Self::Throttled(..) | Self::Password(_) => false,
            Self::Busy => true,
            Self::Storage(error) => error.is_temporary(),
        }
    }
}

/// A credential that was refused, and whose it is, if that is known: for the audit log.
#[derive(Debug)]
pub struct RefusedCredential {
    /// The answer to the caller.
    pub error: AuthenticationError,
    /// The user or token that exists; boxed, because most credentials are good.
    pub about: Option<Box<About>>,
}

impl RefusedCredential {
    /// The refusal of somebody known.
    pub(super) fn of(about: impl Into<About>, cause: Cause) -> Self {
        Self {
            error: cause.into(),
            about: Some(Box::new(about.into())),
        }
    }
}

impl<E: Into<AuthenticationError>> From<E> for RefusedCredential {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            about: None,
        }
    }
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
