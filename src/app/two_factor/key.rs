//! The key that encrypts the secrets. While secrets are stored, no other key takes its place.

use crate::app::two_factor::TwoFactors;
use crate::app::two_factor::error::TwoFactorError;
use crate::domain::ids::UserId;
use crate::domain::two_factor::totp::TotpSecret;
use crate::domain::two_factor::{TwoFactor, sealed_for};
use crate::signing::{EncryptionKey, KeyError};
use crate::storage::two_factor;

impl TwoFactors {
    /// The problem of the key, if there is one: second factors are on, and it does not open their secrets.
    pub async fn key_problem(&self) -> Result<Option<KeyError>, TwoFactorError> {
        let Some((user, stored)) = two_factor::find_any(&self.admission.db).await? else {
            return Ok(None);
        };
        Ok(match self.key.read() {
            Err(error) => Some(error),
            Ok(None) => Some(self.key.gone()),
            Ok(Some(key)) => open(&key, user, &stored)
                .is_none()
                .then(|| self.key.another()),
        })
    }

    /// The key for a new secret, which is made if no second factor is on.
    pub(super) async fn key_for_new(&self) -> Result<EncryptionKey, TwoFactorError> {
        if let Some(problem) = self.key_problem().await? {
            return Err(problem.into());
        }
        if let Some(key) = self.key.read()? {
            return Ok(key);
        }
        let made = self.key.make(&*self.admission.entropy)?;
        made.ok_or(TwoFactorError::KeyBusy)
    }
}

/// The secret of a user, if it is one of that key.
pub(super) fn open(key: &EncryptionKey, user: UserId, stored: &TwoFactor) -> Option<TotpSecret> {
    let secret = key.open(&stored.secret, &sealed_for(user))?;
    TotpSecret::stored(&secret)
}
