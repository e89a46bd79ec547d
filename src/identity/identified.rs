//! A caller who was identified.

use secrecy::SecretString;

use crate::domain::ids::RefreshTokenId;
use crate::domain::secret::SecretDigest;

/// A caller, and the work that their credential makes.
#[derive(Debug)]
pub struct Identified<T> {
    /// The caller.
    pub caller: T,
    /// The work to do after the caller was identified.
    pub follow_up: Option<FollowUp>,
}

/// Work that a good credential makes for whoever may write.
#[derive(Debug)]
pub enum FollowUp {
    /// The password was hashed with the parameters of another day.
    Rehash(SecretString),
    /// The refresh token's last use is to be written down.
    NoteRefreshTokenUse(RefreshTokenId, SecretDigest),
}

impl<T> From<T> for Identified<T> {
    fn from(caller: T) -> Self {
        Self {
            caller,
            follow_up: None,
        }
    }
}
