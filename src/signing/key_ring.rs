//! The keys of a running service.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::encoding::Jwks;
use super::error::{KeyError, SigningError};
use super::files;
use super::key_directory::KeyDirectory;
use super::loaded::Loaded;
use super::make;
use crate::domain::entropy::Entropy;
use crate::domain::key_schedule::{KeySchedule, KeyState};
use crate::domain::registry::TrustMode;

/// Signs tokens, and tells what verifies them; follows the key files as they change.
#[derive(Debug)]
pub struct KeyRing {
    directory: KeyDirectory,
    schedule: KeySchedule,
    loaded: RwLock<Arc<Loaded>>,
}

/// A key ring, and whether it is new.
#[derive(Debug)]
pub struct Opened {
    /// The ring.
    pub ring: KeyRing,
    /// Whether there was no certificate authority before.
    pub created: bool,
}

/// One signing key, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySummary {
    /// The key id in tokens and in the key set: the libtrust fingerprint.
    pub kid: String,
    /// The JWK thumbprint (RFC 7638).
    pub thumbprint: String,
    /// What it is doing.
    pub state: KeyState,
    /// When it was made.
    #[serde(serialize_with = "as_rfc3339")]
    pub created_at: DateTime<Utc>,
    /// When its certificate ends.
    #[serde(serialize_with = "as_rfc3339")]
    pub not_after: DateTime<Utc>,
}

impl KeyRing {
    /// Opens the keys in `folder`, and makes what is missing when nothing is there yet.
    pub fn open_or_create(
        folder: &Path,
        schedule: KeySchedule,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<Opened, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        // A folder that is mounted read-only and complete needs no lock, and may not take one.
        let seen = Loaded::read(&directory, &schedule, now);
        let problem = match seen {
            Ok(Some(loaded)) if loaded.is_published(&directory)? => {
                return Ok(Opened {
                    ring: Self::of(directory, schedule, loaded),
                    created: false,
                });
            }
            Ok(_) => None,
            Err(problem) => Some(problem),
        };
        // Another start may be between two files: what looks broken is read again under the lock.
        // Where there can be no lock there is no other start either, and it is as broken as it looks.
        let lock = directory
            .make_folders()
            .and_then(|()| files::lock(&directory.root));
        let _lock = lock.map_err(|error| problem.unwrap_or(error))?;
        let created = make::what_is_missing(&directory, now, entropy)?;
        let loaded = Loaded::read(&directory, &schedule, now)?.ok_or_else(|| {
            KeyError::new(&directory.root, "the keys that were just made are gone")
        })?;
        loaded.publish(&directory)?;
        Ok(Opened {
            ring: Self::of(directory, schedule, loaded),
            created,
        })
    }

    /// Opens the keys in `folder`, and makes nothing.
    pub fn open(
        folder: &Path,
        schedule: KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let loaded = Loaded::read(&directory, &schedule, now)?.ok_or_else(|| {
            KeyError::new(
                &directory.root,
                "has no keys yet; the first start of the server makes them",
            )
        })?;
        Ok(Self::of(directory, schedule, loaded))
    }

    /// Makes the next signing key now, and publishes it; running services follow by themselves.
    pub fn rotate(
        &self,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<KeySummary, KeyError> {
        let _lock = files::lock(&self.directory.root)?;
        make::next_signing_key(&self.directory, now, entropy)?;
        self.reload(now)?;
        self.keys(now).pop().ok_or_else(|| {
            KeyError::new(&self.directory.root, "the key that was just made is gone")
        })
    }

    /// Follows the key files and the clock: makes the next key when it is due, takes over what
    /// others made, publishes, and deletes keys of which no token is valid any more.
    pub fn follow(&self, now: DateTime<Utc>, entropy: &dyn Entropy) -> Result<(), KeyError> {
        if self.schedule.is_due(self.loaded().newest(), now) {
            let _lock = files::lock(&self.directory.root)?;
            // Another replica may have been faster.
            self.reload(now)?;
            if self.schedule.is_due(self.loaded().newest(), now) {
                let path = make::next_signing_key(&self.directory, now, entropy)?;
                tracing::info!(file = %path.display(), "made the next signing key");
            }
        }
        let files = files::pem_files(&self.directory.signing())?;
        let loaded = self.loaded();
        if loaded.is_current(&files, &self.schedule, now) {
            return Ok(());
        }
        self.reload(now)?;
        let retired = self.loaded().retired(&self.schedule, now);
        if !retired.is_empty() || !self.loaded().is_published(&self.directory)? {
            let _lock = files::lock(&self.directory.root)?;
            for path in retired {
                files::remove(&path)?;
                tracing::info!(file = %path.display(), "deleted a signing key: nothing it signed is valid any more");
            }
            self.reload(now)?;
            self.loaded().publish(&self.directory)?;
        }
        Ok(())
    }

    /// Signs `claims` for a registry that trusts us in this way.
    pub fn sign(&self, claims: &impl Serialize, trust: TrustMode) -> Result<String, SigningError> {
        self.loaded().signing(trust).sign(claims, trust)
    }

    /// Every key that may have signed a token that is still valid, and those that will.
    pub fn jwks(&self) -> Jwks {
        self.loaded().jwks()
    }

    /// The keys, oldest first.
    pub fn keys(&self, now: DateTime<Utc>) -> Vec<KeySummary> {
        self.loaded().summaries(&self.schedule, now)
    }

    /// The certificate that registries trust, in PEM.
    pub fn ca_certificate_pem(&self) -> String {
        self.loaded().authority.certificate_pem.clone()
    }

    /// Where that certificate is.
    pub fn ca_certificate_path(&self) -> PathBuf {
        self.directory.authority_certificate()
    }

    /// Where the key set is.
    pub fn jwks_path(&self) -> PathBuf {
        self.directory.jwks()
    }

    fn of(directory: KeyDirectory, schedule: KeySchedule, loaded: Loaded) -> Self {
        Self {
            directory,
            schedule,
            loaded: RwLock::new(Arc::new(loaded)),
        }
    }

    fn loaded(&self) -> Arc<Loaded> {
        // The lock is only ever held to read or replace a pointer: a poisoned one is whole.
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn reload(&self, now: DateTime<Utc>) -> Result<(), KeyError> {
        let loaded = Loaded::read(&self.directory, &self.schedule, now)?
            .ok_or_else(|| KeyError::new(&self.directory.root, "the keys are gone"))?;
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(())
    }
}

fn as_rfc3339<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
#[path = "key_ring_tests.rs"]
mod tests;
