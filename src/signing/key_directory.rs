//! What is in `keys/`, read and checked.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;

use super::encoding::PublicPoint;
use super::error::KeyError;
use super::es256::SigningKey;
use super::files;

/// The names of the files.
#[derive(Debug, Clone)]
pub(super) struct KeyDirectory {
    pub(super) root: PathBuf,
}

/// The certificate authority as it is on disk.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) key_pem: String,
    pub(super) certificate_pem: String,
}

/// A signing key as it is on disk.
#[derive(Debug)]
pub(super) struct StoredKey {
    pub(super) path: PathBuf,
    pub(super) key: SigningKey,
    pub(super) created_at: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
}

impl KeyDirectory {
    /// The files below `folder`, whatever the working directory becomes.
    pub(super) fn at(folder: &Path) -> Result<Self, KeyError> {
        let root = std::path::absolute(folder)
            .map_err(|error| KeyError::new(folder, error.to_string()))?;
        Ok(Self { root })
    }

    /// Makes the folders that are missing.
    pub(super) fn make_folders(&self) -> Result<(), KeyError> {
        files::make_folder(&self.root, 0o700)?;
        files::make_folder(&self.public(), 0o755)?;
        files::make_folder(&self.signing(), 0o700)
    }

    pub(super) fn authority_key(&self) -> PathBuf {
        self.root.join("ca.key")
    }

    pub(super) fn public(&self) -> PathBuf {
        self.root.join("public")
    }

    pub(super) fn authority_certificate(&self) -> PathBuf {
        self.public().join("ca.crt")
    }

    pub(super) fn jwks(&self) -> PathBuf {
        self.public().join("jwks.json")
    }

    pub(super) fn signing(&self) -> PathBuf {
        self.root.join("signing")
    }

    /// The authority, checked; none if there is no trace of one.
    pub(super) fn read_authority(&self, now: DateTime<Utc>) -> Result<Option<Authority>, KeyError> {
        let (key_path, certificate_path) = (self.authority_key(), self.authority_certificate());
        let key_pem = files::read_private(&key_path)?;
        let certificate_pem = files::read(&certificate_path)?;
        let (key_pem, certificate_pem) = match (key_pem, certificate_pem) {
            (None, None) => return Ok(None),
            (Some(key), Some(certificate)) => (key, certificate),
            (Some(_), None) => return Err(missing(&certificate_path, "its key ca.key")),
            (None, Some(_)) => return Err(missing(&key_path, "its certificate public/ca.crt")),
        };
        let der = block(&certificate_path, &certificate_pem, "CERTIFICATE")?;
        let certificate = parse(&certificate_path, &der)?;
        check_dates(&certificate_path, &certificate, now)?;
        let key = read_key(&key_path, &key_pem, &der)?;
        check_match(&key_path, &key, &certificate)?;
        Ok(Some(Authority {
            key_pem,
            certificate_pem,
        }))
    }

    /// Puts the authority's certificate in its place if a start was killed just before it did so;
    /// tells whether that was needed.
    ///
    /// What was left behind by another key is not taken: that key's registries trust something else.
    pub(super) fn finish_authority(&self) -> Result<bool, KeyError> {
        let (key_path, path) = (self.authority_key(), self.authority_certificate());
        let staged = files::staged(&path);
        let (Some(key), None, Some(certificate)) = (
            files::read_private(&key_path)?,
            files::read(&path)?,
            files::read(&staged)?,
        ) else {
            return Ok(false);
        };
        let belongs = block(&staged, &certificate, "CERTIFICATE").and_then(|der| {
            let key = read_key(&key_path, &key, &der)?;
            check_match(&staged, &key, &parse(&staged, &der)?)
        });
        if belongs.is_err() {
            return Ok(false);
        }
        files::install(&path)?;
        Ok(true)
    }

    /// All signing keys, checked against the authority, oldest first.
    pub(super) fn read_signing_keys(
        &self,
        authority: &Authority,
        now: DateTime<Utc>,
    ) -> Result<Vec<StoredKey>, KeyError> {
        let path = self.authority_certificate();
        let authority_der = block(&path, &authority.certificate_pem, "CERTIFICATE")?;
        let issuer = parse(&path, &authority_der)?;
        let paths = files::pem_files(&self.signing())?;
        paths
            .iter()
            .map(|path| read_signing_key(path, &issuer, now))
            .collect()
    }
}

fn read_signing_key(
    path: &Path,
    issuer: &X509Certificate<'_>,
    now: DateTime<Utc>,
) -> Result<StoredKey, KeyError> {
    let text = files::read_private(path)?.unwrap_or_default();
    let der = block(path, &text, "CERTIFICATE")?;
    let certificate = parse(path, &der)?;
    let key = read_key(path, &text, &der)?;
    check_match(path, &key, &certificate)?;
    check_dates(path, &certificate, now)?;
    if certificate
        .verify_signature(Some(issuer.public_key()))
        .is_err()
    {
        let problem = "its certificate is not signed by public/ca.crt; move this file away to have a new key made";
        return Err(KeyError::new(path, problem));
    }
    let created_at = created_at(path).ok_or_else(|| {
        KeyError::new(
            path,
            "its name does not begin with the second it was made in",
        )
    })?;
    let not_after = DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0);
    Ok(StoredKey {
        path: path.to_owned(),
        key,
        created_at,
        not_after: not_after.unwrap_or(now),
    })
}

/// The second in which a signing key was made, from the name of its file.
fn created_at(path: &Path) -> Option<DateTime<Utc>> {
    let (seconds, _) = path.file_stem()?.to_str()?.split_once('-')?;
    DateTime::from_timestamp(seconds.parse().ok()?, 0)
}

fn missing(path: &Path, other: &str) -> KeyError {
    let problem = format!(
        "is missing, but {other} is there; restore it from a backup. To begin anew (every registry then \
         needs the new ca.crt), move the whole folder away"
    );
    KeyError::new(path, problem)
}

/// The content of the PEM block with that label.
fn block(path: &Path, text: &str, label: &str) -> Result<Vec<u8>, KeyError> {
    let mut blocks = Pem::iter_from_buffer(text.as_bytes()).filter_map(Result::ok);
    let found = blocks.find(|block| block.label == label);
    found.map(|block| block.contents).ok_or_else(|| {
        KeyError::new(
            path,
            format!("has no PEM block {label}; restore it from a backup"),
        )
    })
}

fn parse<'a>(path: &Path, der: &'a [u8]) -> Result<X509Certificate<'a>, KeyError> {
    let parsed = X509Certificate::from_der(der);
    parsed
        .map(|(_, certificate)| certificate)
        .map_err(|error| KeyError::new(path, format!("its certificate cannot be read: {error}")))
}

fn read_key(path: &Path, text: &str, certificate: &[u8]) -> Result<SigningKey, KeyError> {
    let pkcs8 = block(path, text, "PRIVATE KEY")?;
    SigningKey::new(&pkcs8, certificate).ok_or_else(|| {
        KeyError::new(
            path,
            "is not a P-256 key in PKCS#8; restore it from a backup",
        )
    })
}

fn check_match(
    path: &Path,
    key: &SigningKey,
    certificate: &X509Certificate<'_>,
) -> Result<(), KeyError> {
    let certified = PublicPoint::from_sec1(&certificate.public_key().subject_public_key.data);
    if certified.as_ref() == Some(key.point()) {
        Ok(())
    } else {
        Err(KeyError::new(
            path,
            "the key does not belong to its certificate; restore both from one backup",
        ))
    }
}

fn check_dates(
    path: &Path,
    certificate: &X509Certificate<'_>,
    now: DateTime<Utc>,
) -> Result<(), KeyError> {
    let validity = certificate.validity();
    let problem = if now.timestamp() < validity.not_before.timestamp() {
        format!(
            "its certificate is valid only from {}; is this machine's clock right?",
            validity.not_before
        )
    } else if now.timestamp() >= validity.not_after.timestamp() {
        format!(
            "its certificate ended on {}; registries refuse it",
            validity.not_after
        )
    } else {
        return Ok(());
    };
    Err(KeyError::new(path, problem))
}
