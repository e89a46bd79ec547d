//! Makes key files; whoever calls holds the folder's lock.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::certificate_authority::{Made, make_authority, make_signing_key};
use super::error::KeyError;
use super::files::{self, PRIVATE, PUBLIC};
use super::key_directory::{Authority, KeyDirectory};
use crate::domain::entropy::{Entropy, random_bytes};

/// Makes the authority and the first signing key, if they are missing; tells whether the authority was.
pub(super) fn what_is_missing(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<bool, KeyError> {
    let finished = directory.finish_authority()?;
    let existing = directory.read_authority(now)?;
    let created = finished || existing.is_none();
    let authority = if let Some(authority) = existing {
        authority
    } else {
        let Made {
            key_pem,
            certificate_pem,
        } = make_authority(now, entropy).map_err(|error| failed(directory, &error))?;
        // The certificate waits beside its place until the key is safe: the start after one that
        // is killed in between finishes with these two, and never makes others.
        let certificate = directory.authority_certificate();
        files::stage(&certificate, PUBLIC, &certificate_pem)?;
        files::write(&directory.authority_key(), PRIVATE, &key_pem)?;
        files::install(&certificate)?;
        Authority {
            key_pem,
            certificate_pem,
        }
    };
    if files::pem_files(&directory.signing())?.is_empty() {
        signing_key(directory, &authority, now, entropy)?;
    }
    Ok(created)
}

/// Makes another signing key, and tells where it is.
pub(super) fn next_signing_key(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let authority = directory.read_authority(now)?;
    let authority = authority.ok_or_else(|| KeyError::new(&directory.root, "the keys are gone"))?;
    signing_key(directory, &authority, now, entropy)
}

fn signing_key(
    directory: &KeyDirectory,
    authority: &Authority,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let pems = (
        authority.key_pem.as_str(),
        authority.certificate_pem.as_str(),
    );
    let made = make_signing_key(pems, now, entropy).map_err(|error| failed(directory, &error))?;
    let distinction = u32::from_be_bytes(random_bytes(entropy));
    let path = directory
        .signing()
        .join(format!("{}-{distinction:08x}.pem", now.timestamp()));
    files::write(
        &path,
        PRIVATE,
        &format!("{}{}", made.key_pem, made.certificate_pem),
    )?;
    Ok(path)
}

fn failed(directory: &KeyDirectory, error: &rcgen::Error) -> KeyError {
    KeyError::new(&directory.root, format!("no key could be made: {error}"))
}
