//! Reads and checks the signing keys in the folder of key files.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::registry::ServiceName;
use crate::signing::authority::CertificateAuthority;
use crate::signing::error::KeyError;
use crate::signing::key_directory::{KeyDirectory, created_at};
use crate::signing::key_sequence::{KeySequence, StoredKey};
use crate::signing::pem::Certificate;
use crate::signing::{files, pem};

/// The signing keys that come and go by themselves.
#[derive(Debug)]
pub(super) struct SigningKeys {
    /// The keys whose certificate is valid, if there are any.
    pub(super) sequence: Option<KeySequence>,
    /// The files of keys whose certificate has ended.
    pub(super) ended: Vec<PathBuf>,
    /// The keys whose certificate is not valid yet: a clock was wrong when they were made, or is now.
    pub(super) early: Vec<EarlyKey>,
}

/// A key whose certificate is not valid yet. It waits, and is no error while another key is valid.
#[derive(Debug)]
pub(super) struct EarlyKey {
    pub(super) path: PathBuf,
    pub(super) certificate: Certificate,
}

impl SigningKeys {
    /// The keys that are valid; none if none was ever made, and an error if all that there are are early.
    pub(super) fn valid(&self) -> Result<Option<&KeySequence>, KeyError> {
        match (&self.sequence, self.early.first()) {
            (None, Some(early)) => Err(early
                .certificate
                .early(&early.path, "wharfinger keys rotate")),
            (sequence, _) => Ok(sequence.as_ref()),
        }
    }
}

impl KeyDirectory {
    /// Puts keys aside that are not valid yet; the files in which they are kept are returned. They are not deleted: it may be
    /// the clock of this very moment that is wrong.
    pub(super) fn put_aside(&self, early: &[EarlyKey]) -> Result<Vec<PathBuf>, KeyError> {
        if !early.is_empty() {
            files::make_folder(&self.early(), 0o700)?;
        }
        let aside = early.iter().map(|key| {
            let kept = self.early().join(key.path.file_name().unwrap_or_default());
            files::rename(&key.path, &kept)?;
            Ok(kept)
        });
        aside.collect()
    }

    /// All signing keys, checked against the authority.
    pub(super) fn read_signing_keys(
        &self,
        authority: &CertificateAuthority,
        now: DateTime<Utc>,
    ) -> Result<SigningKeys, KeyError> {
        let (mut keys, mut ended, mut early) = (Vec::new(), Vec::new(), Vec::new());
        for path in files::pem_files(&self.signing())? {
            // Another replica may have deleted it since, or given it another name.
            let Some(text) = files::read_private(&path)? else {
                continue;
            };
            let (key, certificate) = pem::key_and_certificate(&path, &text)?;
            if certificate.has_ended(now) {
                ended.push(path);
                continue;
            }
            if certificate.is_early(now) {
                early.push(EarlyKey { path, certificate });
                continue;
            }
            if !authority.knows(&certificate) {
                let problem = "its certificate is not signed by public/ca.crt; move this file away to have a new key made";
                return Err(KeyError::new(&path, problem));
            }
            keys.push(StoredKey {
                created_at: created_at(&path)?,
                is_current: authority.certificate.certifies(&certificate),
                not_before: Some(certificate.not_before),
                not_after: Some(certificate.not_after),
                path,
                key,
            });
        }
        Ok(SigningKeys {
            sequence: KeySequence::new(keys),
            ended,
            early,
        })
    }

    /// The keys that belong to one service alone, if it has any.
    pub(super) fn read_pinned_keys(
        &self,
        service: &ServiceName,
    ) -> Result<Option<KeySequence>, KeyError> {
        let mut keys = Vec::new();
        for path in files::pem_files(&self.pinned(service))? {
            let Some(text) = files::read_private(&path)? else {
                continue;
            };
            keys.push(StoredKey {
                created_at: created_at(&path)?,
                is_current: true,
                not_before: None,
                not_after: None,
                key: pem::key(&path, &text)?,
                path,
            });
        }
        Ok(KeySequence::new(keys))
    }
}
