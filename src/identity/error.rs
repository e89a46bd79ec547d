//! Errors of authentication.

use crate::domain::authority::cause::Cause;
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

impl AuthenticationError {
    /// True if the same credential may be accepted a few seconds later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Wrong(_) | Self::Password(_) => false,
            Self::Busy => true,
            Self::Storage(error) => error.is_temporary(),
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
