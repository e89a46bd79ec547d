//! Credentials as callers present them.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::secret::SecretKind;

/// The credential of one request, not yet checked.
#[derive(Debug, Clone)]
pub enum PresentedCredential {
    /// No credential: an anonymous caller.
    Nothing,
    /// A credential that cannot be read; never the same as none.
    Unreadable,
    /// A refresh token in a form of its own (RFC 6749 section 6), or a personal access token that came as one.
    RefreshToken(SecretString),
    /// A user name with a secret of any kind (RFC 7617).
    Basic {
        /// The user name; it means nothing beside a personal access token.
        username: String,
        /// A token or a password.
        secret: SecretString,
    },
}

impl PresentedCredential {
    /// True if something may be written for it: a login by password may give out a refresh token or hash the password anew.
    /// Nothing waits for what tokens write.
    pub fn may_write(&self) -> bool {
        match self {
            Self::Nothing | Self::Unreadable | Self::RefreshToken(_) => false,
            Self::Basic { secret, .. } => SecretKind::of(secret.expose_secret()).is_none(),
        }
    }
}
