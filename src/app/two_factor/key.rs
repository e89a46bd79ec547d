//! The key that encrypts the secrets. While secrets are stored, no other key takes its place.

use std::sync::Arc;
use std::time::Duration;

use crate::app::two_factor::TwoFactors;
use crate::app::two_factor::error::TwoFactorError;
use crate::domain::ids::UserId;
use crate::domain::two_factor::totp::TotpSecret;
use crate::domain::two_factor::{TwoFactor, sealed_for};
use crate::signing::{EncryptionKey, EncryptionKeyFile, KeyError};
use crate::storage::two_factor;

/// The time that the key's file may take.
const PATIENCE: Duration = Duration::from_secs(2);

impl TwoFactors {
    /// The problem of the key, if there is one: second factors are on, and it does not open their secrets.
    pub async fn key_problem(&self) -> Result<Option<KeyError>, TwoFactorError> {
        let Some((user, stored)) = two_factor::find_any(&self.admission.db).await? else {
            return Ok(None);
        };
        Ok(match self.key().await {
            Err(TwoFactorError::Key(error)) => Some(error),
            Err(error) => return Err(error),
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
        if let Some(key) = self.key().await? {
            return Ok(key);
        }
        let entropy = Arc::clone(&self.admission.entropy);
        let made = self.with_key_file(move |file| file.make(&*entropy)).await?;
        made.ok_or(TwoFactorError::KeyBusy)
    }

    /// The key, if it was made.
    pub(super) async fn key(&self) -> Result<Option<EncryptionKey>, TwoFactorError> {
        self.with_key_file(EncryptionKeyFile::read).await
    }

    /// Does something with the key's file, which may be on a disk of another machine that does not answer: the threads that answer
    /// requests must not wait for it.
    async fn with_key_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&EncryptionKeyFile) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, TwoFactorError> {
        let file = self.key.clone();
        let working = async {
            // One that hangs keeps its turn, and a thread: no more than one.
            let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
            let work = move || {
                let done = work(&file);
                drop(turn);
                done
            };
            tokio::task::spawn_blocking(work).await.ok()
        };
        match tokio::time::timeout(PATIENCE, working).await {
            Ok(Some(done)) => Ok(done?),
            _ => Err(TwoFactorError::KeyBusy),
        }
    }
}

/// The secret of a user, if it is one of that key.
pub(super) fn open(key: &EncryptionKey, user: UserId, stored: &TwoFactor) -> Option<TotpSecret> {
    let secret = key.open(&stored.secret, &sealed_for(user))?;
    TotpSecret::stored(&secret)
}
