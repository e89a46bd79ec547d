//! What a caller shows.

use secrecy::SecretString;

/// The credential of one request, as it came.
#[derive(Debug, Clone)]
pub enum PresentedCredential {
    /// None: an anonymous caller.
    Nothing,
    /// One that cannot be read; never the same as none.
    Unreadable,
    /// A refresh token, as such (RFC 6749 section 6).
    RefreshToken(SecretString),
    /// A name and a secret, of whatever kind (RFC 7617).
    Basic {
        /// The user name; without meaning beside a personal access token.
        username: String,
        /// A token or a password.
        secret: SecretString,
    },
}
