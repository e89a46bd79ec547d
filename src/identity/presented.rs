//! Credentials as callers present them.

use secrecy::SecretString;

/// The credential of one request, not yet checked.
#[derive(Debug, Clone)]
pub enum PresentedCredential {
    /// No credential: an anonymous caller.
    Nothing,
    /// A credential that cannot be read; never the same as none.
    Unreadable,
    /// A refresh token in a form of its own (RFC 6749 section 6).
    RefreshToken(SecretString),
    /// A user name with a secret of any kind (RFC 7617).
    Basic {
        /// The user name; it means nothing beside a personal access token.
        username: String,
        /// A token or a password.
        secret: SecretString,
    },
}
