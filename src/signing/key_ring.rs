//! The keys of a running service.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::entropy::Entropy;
use crate::domain::key_schedule::KeySchedule;
use crate::domain::registry::{Registry, ServiceName};
use crate::signing::authority::{CertificateAuthority, CertificateAuthoritySummary};
use crate::signing::encoding::Jwks;
use crate::signing::encryption_key::EncryptionKeyFile;
use crate::signing::error::{KeyError, SigningError};
use crate::signing::key_directory::KeyDirectory;
use crate::signing::loaded::Loaded;
use crate::signing::summary::{KeySummary, RotatedKeys};
use crate::signing::{files, make};

/// The time that other replicas have to do what this one cannot.
const OTHERS_TIME: TimeDelta = TimeDelta::minutes(1);

/// Signs tokens and has the keys that verify them; follows the key files as they change.
#[derive(Debug)]
pub struct KeyRing {
    pub(super) directory: KeyDirectory,
    pub(super) schedule: KeySchedule,
    loaded: RwLock<Arc<Loaded>>,
}

/// A key ring that was opened, with a note if it is new.
#[derive(Debug)]
pub struct Opened {
    /// The ring.
    pub ring: KeyRing,
    /// True if there was no certificate authority before.
    pub created: bool,
}

impl KeyRing {
    /// Opens the keys in `folder`, and makes those that are missing.
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
            // Without `ca.crt`, nobody may have been given the authority yet.
            Ok(Some(loaded))
                if loaded.is_complete(&schedule) && directory.authority_certificate().exists() =>
            {
                if !loaded.is_published()? {
                    // The keys sign all the same: while files for registries cannot be written, `follow` says so.
                    let _ = files::lock(&directory.root)
                        .and_then(|_lock| publish(&directory, &schedule, now));
                }
                return Ok(Opened {
                    ring: Self::of(directory, schedule, loaded),
                    created: false,
                });
            }
            Ok(_) => None,
            Err(problem) => Some(problem),
        };
        // Files may look broken because another start is between two of them, so they are read again
        // under the lock. Where no lock can be taken no other start writes, and they are really broken.
        let lock = directory
            .make_folders()
            .and_then(|()| files::lock(&directory.root));
        let _lock = lock.map_err(|error| problem.unwrap_or(error))?;
        let created = make::what_is_missing(&directory, &schedule, now, entropy)?;
        let loaded =
            Loaded::read(&directory, &schedule, now)?.ok_or_else(|| directory.no_keys())?;
        loaded.publish()?;
        Ok(Opened {
            ring: Self::of(directory, schedule, loaded),
            created,
        })
    }

    /// True if `folder` has a certificate authority, or an error about one that cannot be read.
    pub fn is_there(folder: &Path) -> Result<bool, KeyError> {
        let authority = CertificateAuthority::read(&KeyDirectory::at(folder)?)?;
        Ok(authority.is_some())
    }

    /// Opens the keys in `folder` without making any.
    pub fn open(
        folder: &Path,
        schedule: KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let loaded =
            Loaded::read(&directory, &schedule, now)?.ok_or_else(|| directory.no_keys())?;
        Ok(Self::of(directory, schedule, loaded))
    }

    /// The question to ask before [`KeyRing::renew_authority`]: by this machine's clock the authority is not valid and would be
    /// replaced at once, and it may be the clock that is wrong.
    pub fn replacement_question(
        folder: &Path,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, KeyError> {
        let authority = CertificateAuthority::read(&KeyDirectory::at(folder)?)?;
        Ok(authority.and_then(|authority| authority.replacement_question(now)))
    }

    /// Makes the next certificate authority in `folder` and publishes it beside the one at work;
    /// running services follow by themselves. One that has ended is replaced at once.
    pub fn renew_authority(
        folder: &Path,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<CertificateAuthoritySummary, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        if !directory.authority_key().exists() {
            return Err(directory.no_keys());
        }
        directory.make_folders()?;
        let _lock = files::lock(&directory.root)?;
        if CertificateAuthority::read_valid(&directory, now).is_ok() {
            make::must_have_known_key(&directory, schedule)?;
        }
        let renewed = CertificateAuthority::renew(&directory, schedule, now, entropy);
        if renewed.is_err() && directory.next_authority_key().exists() {
            // One that waits already may not be published yet: the renewal that made it failed then, or was cut off. Without
            // a signing key, nothing is published.
            make::signing_key_if_none(&directory, now, entropy)?;
            publish(&directory, schedule, now)?;
        }
        let (authority, replaced) = renewed?;
        // All keys may be from the future, like the authority before this one.
        let keys = make::signing_key_if_none(&directory, now, entropy)?;
        let mut aside = Vec::new();
        if replaced.is_some() {
            aside = directory.put_aside(&keys.early)?;
        }
        make::what_is_missing(&directory, schedule, now, entropy)?;
        publish(&directory, schedule, now)?;
        Ok(CertificateAuthoritySummary {
            replaced,
            aside,
            ..authority.summary(schedule)
        })
    }

    /// Makes the next signing key in `folder` now, also where no key is valid, and publishes it; running services follow by
    /// themselves. Keys that are not valid yet, because a clock was wrong when they were made, are put aside.
    pub fn rotate_in(
        folder: &Path,
        schedule: KeySchedule,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<RotatedKeys, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let authority = CertificateAuthority::require_valid(&directory, now)?;
        directory.make_folders()?;
        let _lock = files::lock(&directory.root)?;
        // Files that are no keys are found before another key is beside them.
        directory.read_signing_keys(&authority, now)?;
        make::next_signing_key(&directory, now, entropy)?;
        let early = directory.read_signing_keys(&authority, now)?.early;
        let aside = directory.put_aside(&early)?;
        let made = Self::open(folder, schedule, now)?.newest(None, now)?;
        Ok(RotatedKeys { made, aside })
    }

    /// Makes the next signing key now, and publishes it; running services follow by themselves.
    pub fn rotate(
        &self,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<KeySummary, KeyError> {
        let _lock = files::lock(&self.directory.root)?;
        make::next_signing_key(&self.directory, now, entropy)?;
        self.newest(None, now)
    }

    /// Makes the next key of a service that has a key of its own, and publishes it: it signs at
    /// once, and the registry refuses tokens until it has been given that key. One that cannot be published is
    /// taken back.
    pub fn rotate_pinned(
        &self,
        service: &ServiceName,
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<KeySummary, KeyError> {
        let _lock = files::lock(&self.directory.root)?;
        let made = make::next_pinned_key(&self.directory, service, now, entropy)?;
        self.newest(Some(service), now).or_else(|problem| {
            files::remove(&made).map_err(|left| {
                let problem =
                    format!("signs although it is not published ({problem}): delete it ({left})");
                KeyError::new(&made, problem)
            })?;
            self.reload(now)?;
            // Its file for the registry may be new already, if that of another service could not be written. What else stands
            // in the way of the old one is the problem that is told.
            let _ = self.loaded().publish();
            Err(problem)
        })
    }

    /// Follows the key files and the clock: makes the next key when it is due, takes over keys that
    /// other replicas made, publishes, and deletes keys whose tokens have all expired.
    pub fn follow(&self, now: DateTime<Utc>, entropy: &dyn Entropy) -> Result<(), KeyError> {
        if self.is_something_due(now)
            && let Err(problem) = self.make_what_is_due(now, entropy)
        {
            // Another replica may have made it meanwhile.
            self.reload(now)?;
            if self.is_something_due(now) {
                return Err(problem);
            }
        }
        let loaded = self.loaded();
        // The files for registries may be old all the same: the last try to write them failed, or another process was cut
        // off before it.
        if loaded.is_current(&self.directory, &self.schedule, now)? && loaded.is_published()? {
            return Ok(());
        }
        self.reload(now)?;
        let retired = self.loaded().retired(&self.schedule, now);
        if (!retired.is_empty() || !self.loaded().is_published()?)
            && let Some(_lock) = self.lock_or_leave(now)?
        {
            for path in retired {
                files::remove(&path)?;
                tracing::info!(file = %path.display(), "deleted a signing key: nothing it signed is valid any more");
            }
            self.reload(now)?;
            self.loaded().publish()?;
        }
        Ok(())
    }

    /// The lock of the folder. Where it cannot be taken, as in a folder that is mounted read-only, other replicas do what is to
    /// be done: what they did is taken over, and it is an error only if they have had their time.
    fn lock_or_leave(&self, now: DateTime<Utc>) -> Result<Option<File>, KeyError> {
        files::lock(&self.directory.root)
            .map(Some)
            .or_else(|problem| {
                self.reload(now)?;
                let before = now - OTHERS_TIME;
                let loaded = self.loaded();
                let is_undone = self.is_something_due(before)
                    || loaded
                        .past_their_tokens(&self.schedule, before)
                        .next()
                        .is_some()
                    || (loaded.is_older_than(before) && !loaded.is_published()?);
                if is_undone { Err(problem) } else { Ok(None) }
            })
    }

    fn make_what_is_due(&self, now: DateTime<Utc>, entropy: &dyn Entropy) -> Result<(), KeyError> {
        let Some(_lock) = self.lock_or_leave(now)? else {
            return Ok(());
        };
        if CertificateAuthority::begin_next(&self.directory, &self.schedule, now)? {
            tracing::info!("the next certificate authority has begun to certify keys");
        }
        // Another replica may have been faster.
        self.reload(now)?;
        if self.loaded().is_key_due(&self.schedule, now) {
            let path = make::next_signing_key(&self.directory, now, entropy)?;
            tracing::info!(file = %path.display(), "made the next signing key");
        }
        Ok(())
    }

    /// Signs claims, which are JSON, for this registry, in the way in which it trusts us.
    pub fn sign(&self, claims: &[u8], registry: &Registry) -> Result<String, SigningError> {
        // Under the lock, which costs less than a share of what it guards: what is read anew waits for a few signatures.
        let loaded = self.reading();
        let key = loaded.signing(registry).ok_or(SigningError::NoKey)?;
        key.sign(claims, registry.trust)
    }

    /// Every key that may have signed a token that is still valid, and those that will.
    pub fn jwks(&self) -> Jwks {
        self.loaded().jwks()
    }

    /// The keys, oldest first.
    pub fn keys(&self, now: DateTime<Utc>) -> Vec<KeySummary> {
        self.loaded().summaries(&self.schedule, now)
    }

    /// The certificate that registries trust, in PEM; two of them while one authority follows another.
    pub fn ca_certificate_pem(&self, now: DateTime<Utc>) -> String {
        self.loaded().authority.bundle(now)
    }

    /// The certificate authority, and the next one if it is made.
    pub fn authority(&self) -> CertificateAuthoritySummary {
        self.loaded().authority.summary(&self.schedule)
    }

    /// The file of the certificate that registries trust.
    pub fn ca_certificate_path(&self) -> PathBuf {
        self.directory.authority_certificate()
    }

    /// The file of the key that encrypts what must be read back.
    pub fn encryption_key_file(&self) -> EncryptionKeyFile {
        EncryptionKeyFile::of(&self.directory)
    }

    /// The file of the key set.
    pub fn jwks_path(&self) -> PathBuf {
        self.directory.jwks()
    }

    /// The file of the public key for a service's registry, if the service has a key of its own.
    pub fn pinned_path(&self, service: &ServiceName) -> PathBuf {
        self.directory.pinned_public(service)
    }

    fn of(directory: KeyDirectory, schedule: KeySchedule, loaded: Loaded) -> Self {
        Self {
            directory,
            schedule,
            loaded: RwLock::new(Arc::new(loaded)),
        }
    }

    fn is_something_due(&self, now: DateTime<Utc>) -> bool {
        let loaded = self.loaded();
        // Without a next authority, its file is either new or left behind by a move that was killed.
        let is_file_new =
            loaded.authority.next.is_none() && self.directory.next_authority_key().exists();
        is_file_new
            || loaded.is_key_due(&self.schedule, now)
            || loaded.authority.is_next_due(&self.schedule, now)
    }

    /// The key that was just made for a service, or for all services without a key of their own.
    fn newest(
        &self,
        service: Option<&ServiceName>,
        now: DateTime<Utc>,
    ) -> Result<KeySummary, KeyError> {
        self.reload(now)?;
        self.loaded().publish()?;
        let of_service =
            |key: &KeySummary| key.service.as_deref() == service.map(ServiceName::as_str);
        let newest = self.keys(now).into_iter().rfind(of_service);
        newest.ok_or_else(|| {
            KeyError::new(
                &self.directory.root,
                "the key that was just made is not read back",
            )
        })
    }

    pub(super) fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.reading())
    }

    fn reading(&self) -> RwLockReadGuard<'_, Arc<Loaded>> {
        // The lock is only ever held to replace a pointer, or to read what it leads to: a poisoned one is whole.
        self.loaded.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn reload(&self, now: DateTime<Utc>) -> Result<(), KeyError> {
        let loaded = Loaded::read(&self.directory, &self.schedule, now)?
            .ok_or_else(|| self.directory.no_keys())?;
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(())
    }
}

/// Writes the files for registries that are missing or old, if there are keys.
fn publish(
    directory: &KeyDirectory,
    schedule: &KeySchedule,
    now: DateTime<Utc>,
) -> Result<(), KeyError> {
    match Loaded::read(directory, schedule, now)? {
        Some(loaded) => loaded.publish(),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "key_ring_tests.rs"]
mod tests;
