//! Makes key files; the caller holds the folder's lock.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::key_schedule::KeySchedule;
use crate::domain::registry::ServiceName;
use crate::signing::authority::CertificateAuthority;
use crate::signing::certificate_authority::{make_bare_key, make_signing_key};
use crate::signing::error::KeyError;
use crate::signing::files;
use crate::signing::files::PRIVATE;
use crate::signing::key_directory::{KeyDirectory, created_at};

/// Makes the authority, the first signing key and the keys of single services if they are
/// missing; true if the authority was.
pub(super) fn what_is_missing(
    directory: &KeyDirectory,
    schedule: &KeySchedule,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<bool, KeyError> {
    CertificateAuthority::begin_next(directory, schedule, now)?;
    let existing = CertificateAuthority::read_valid(directory, now)?;
    let created = existing.is_none() || !directory.authority_certificate().exists();
    let authority = match existing {
        Some(authority) => authority,
        None => CertificateAuthority::make(directory, now, entropy)?,
    };
    if directory
        .read_signing_keys(&authority, now)?
        .sequence
        .is_none()
    {
        signing_key(directory, &authority, now, entropy)?;
    }
    for service in &schedule.pinned {
        if directory.read_pinned_keys(service)?.is_none() {
            next_pinned_key(directory, service, now, entropy)?;
        }
    }
    Ok(created)
}

/// Makes another signing key; its file is returned.
pub(super) fn next_signing_key(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let authority = CertificateAuthority::read_valid(directory, now)?;
    let authority = authority.ok_or_else(|| directory.no_keys())?;
    signing_key(directory, &authority, now, entropy)
}

/// Makes another key for one service; its file is returned.
pub(super) fn next_pinned_key(
    directory: &KeyDirectory,
    service: &ServiceName,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let text = make_bare_key().map_err(|error| directory.not_made(&error))?;
    let folder = directory.pinned(service);
    files::make_folder(&folder, 0o700)?;
    write_key(&folder, &text, now, entropy)
}

fn signing_key(
    directory: &KeyDirectory,
    authority: &CertificateAuthority,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let certificate = authority.certificate.pem();
    let made = make_signing_key((&authority.key_pem, &certificate), now, entropy)
        .map_err(|error| directory.not_made(&error))?;
    let text = format!("{}{}", made.key_pem, made.certificate_pem);
    write_key(&directory.signing(), &text, now, entropy)
}

fn write_key(
    folder: &Path,
    text: &str,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let distinction = u32::from_be_bytes(random_bytes(entropy));
    // Names sort by the time of making. A key that is made in the same second as the one before it
    // is named after the next second, or it might count as the older of the two and never sign.
    let before = files::pem_files(folder)?
        .last()
        .map(|path| created_at(path))
        .transpose()?;
    let second = before.map_or(now.timestamp(), |before| {
        now.timestamp().max(before.timestamp().saturating_add(1))
    });
    let path = folder.join(format!("{second}-{distinction:08x}.pem"));
    files::write(&path, PRIVATE, text)?;
    Ok(path)
}
