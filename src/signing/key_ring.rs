//! The keys of a running service.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::certificate_authority::{Made, make_authority, make_signing_key};
use super::encoding::Jwks;
use super::error::{KeyError, SigningError};
use super::files::{self, PRIVATE, PUBLIC};
use super::key_directory::{Authority, KeyDirectory, StoredKey};
use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::registry::TrustMode;

/// Signs tokens, and tells what verifies them.
#[derive(Debug)]
pub struct KeyRing {
    directory: KeyDirectory,
    authority: Authority,
    /// The newest key: the one that signs.
    active: StoredKey,
    /// Older ones, newest first: published, but not used.
    others: Vec<StoredKey>,
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
    /// `active` signs; `published` only verifies.
    pub state: &'static str,
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
        now: DateTime<Utc>,
        entropy: &dyn Entropy,
    ) -> Result<Opened, KeyError> {
        let directory = KeyDirectory {
            root: absolute(folder)?,
        };
        // A folder that is mounted read-only and complete needs no lock, and may not take one.
        if let Some(ring) = read(&directory, now)?
            && ring.jwks_file_is_current()?
        {
            return Ok(Opened {
                ring,
                created: false,
            });
        }
        files::make_folder(&directory.root, 0o700)?;
        files::make_folder(&directory.public(), 0o755)?;
        files::make_folder(&directory.signing(), 0o700)?;
        let _lock = files::lock(&directory.root)?;
        let created = make_missing(&directory, now, entropy)?;
        let ring = read(&directory, now)?.ok_or_else(|| {
            KeyError::new(&directory.root, "the keys that were just made are gone")
        })?;
        if !ring.jwks_file_is_current()? {
            files::write(&directory.jwks(), PUBLIC, &ring.jwks_text())?;
        }
        Ok(Opened { ring, created })
    }

    /// Opens the keys in `folder`, and makes nothing.
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self, KeyError> {
        let directory = KeyDirectory {
            root: absolute(folder)?,
        };
        let ring = read(&directory, now)?;
        ring.ok_or_else(|| {
            KeyError::new(
                &directory.root,
                "has no keys yet; the first start of the server makes them",
            )
        })
    }

    /// Signs `claims` for a registry that trusts us in this way.
    pub fn sign(&self, claims: &impl Serialize, trust: TrustMode) -> Result<String, SigningError> {
        self.active.key.sign(claims, trust)
    }

    /// Every key that may have signed a token that is still valid.
    pub fn jwks(&self) -> Jwks {
        Jwks {
            keys: self.stored().map(|stored| stored.key.jwk()).collect(),
        }
    }

    /// The keys, the active one first.
    pub fn keys(&self) -> Vec<KeySummary> {
        let summary = |(position, stored): (usize, &StoredKey)| KeySummary {
            kid: stored.key.kid().to_owned(),
            thumbprint: stored.key.thumbprint(),
            state: if position == 0 { "active" } else { "published" },
            created_at: stored.created_at,
            not_after: stored.not_after,
        };
        self.stored().enumerate().map(summary).collect()
    }

    /// The certificate that registries trust, in PEM.
    pub fn ca_certificate_pem(&self) -> &str {
        &self.authority.certificate_pem
    }

    /// Where that certificate is.
    pub fn ca_certificate_path(&self) -> PathBuf {
        self.directory.authority_certificate()
    }

    /// Where the key set is.
    pub fn jwks_path(&self) -> PathBuf {
        self.directory.jwks()
    }

    fn stored(&self) -> impl Iterator<Item = &StoredKey> {
        std::iter::once(&self.active).chain(&self.others)
    }

    fn jwks_text(&self) -> String {
        serde_json::to_string_pretty(&self.jwks()).unwrap_or_default()
    }

    fn jwks_file_is_current(&self) -> Result<bool, KeyError> {
        Ok(files::read(&self.directory.jwks())?.is_some_and(|text| text == self.jwks_text()))
    }
}

/// The ring on disk; none if there is no authority or no signing key yet.
fn read(directory: &KeyDirectory, now: DateTime<Utc>) -> Result<Option<KeyRing>, KeyError> {
    let Some(authority) = directory.read_authority(now)? else {
        return Ok(None);
    };
    let mut stored = directory.read_signing_keys(&authority, now)?;
    let Some(active) = stored.pop() else {
        return Ok(None);
    };
    if !active.key.passes_probe() {
        return Err(KeyError::new(
            &directory.signing(),
            "another library does not verify what the newest key signs",
        ));
    }
    stored.reverse();
    Ok(Some(KeyRing {
        directory: directory.clone(),
        authority,
        active,
        others: stored,
    }))
}

/// Makes the authority and the first signing key, if they are missing; tells whether the authority was.
fn make_missing(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<bool, KeyError> {
    let failed = |error: rcgen::Error| {
        KeyError::new(&directory.root, format!("no key could be made: {error}"))
    };
    let existing = directory.read_authority(now)?;
    let created = existing.is_none();
    let authority = if let Some(authority) = existing {
        authority
    } else {
        let Made {
            key_pem,
            certificate_pem,
        } = make_authority(now, entropy).map_err(failed)?;
        // The certificate last: a start that is killed in between leaves a key that says so.
        files::write(&directory.authority_key(), PRIVATE, &key_pem)?;
        files::write(&directory.authority_certificate(), PUBLIC, &certificate_pem)?;
        Authority {
            key_pem,
            certificate_pem,
        }
    };
    if files::pem_files(&directory.signing())?.is_empty() {
        let pems = (
            authority.key_pem.as_str(),
            authority.certificate_pem.as_str(),
        );
        let made = make_signing_key(pems, now, entropy).map_err(failed)?;
        let distinction = u32::from_be_bytes(random_bytes(entropy));
        let path = directory
            .signing()
            .join(format!("{}-{distinction:08x}.pem", now.timestamp()));
        files::write(
            &path,
            PRIVATE,
            &format!("{}{}", made.key_pem, made.certificate_pem),
        )?;
    }
    Ok(created)
}

fn absolute(folder: &Path) -> Result<PathBuf, KeyError> {
    std::path::absolute(folder).map_err(|error| KeyError::new(folder, error.to_string()))
}

fn as_rfc3339<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
#[path = "key_ring_tests.rs"]
mod tests;
