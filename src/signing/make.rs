//! Makes key files; the caller holds the folder's lock.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::key_schedule::KeySchedule;
use crate::domain::registry::{ServiceName, TrustMode};
use crate::signing::authority::CertificateAuthority;
use crate::signing::certificate_authority::{make_bare_key, make_signing_key};
use crate::signing::error::KeyError;
use crate::signing::files;
use crate::signing::files::PRIVATE;
use crate::signing::key_directory::{KeyDirectory, created_at};
use crate::signing::key_sequence::KeySequence;
use crate::signing::read::SigningKeys;

/// The time within which keys that are made one after the other count as made at the same moment.
const SAME_MOMENT: TimeDelta = TimeDelta::minutes(1);

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
        .valid()?
        .is_none()
    {
        if !created {
            must_have_known_key(directory, schedule)?;
        }
        signing_key(directory, &authority, now, entropy)?;
    }
    for service in &schedule.pinned {
        if directory.read_pinned_keys(service)?.is_none() {
            let repair = format!(
                "run `wharfinger keys rotate --service '{service}'`, give the registry the new key and restart it"
            );
            must_not_be_lost(
                &directory.pinned(service),
                &directory.pinned_public(service),
                &repair,
            )?;
            next_pinned_key(directory, service, now, entropy)?;
        }
    }
    Ok(created)
}

/// Refuses to make the first signing key where registries have a key set already: they would refuse the new one.
pub(super) fn must_have_known_key(
    directory: &KeyDirectory,
    schedule: &KeySchedule,
) -> Result<(), KeyError> {
    if !schedule.modes.contains(&TrustMode::Jwks) {
        return Ok(());
    }
    let repair = "run `wharfinger keys rotate`, and restart every registry with trust = \"jwks\"";
    must_not_be_lost(&directory.signing(), &directory.jwks(), repair)
}

/// Refuses to make the first key of a folder whose public part registries have already: they would refuse the new one.
fn must_not_be_lost(folder: &Path, public: &Path, repair: &str) -> Result<(), KeyError> {
    if !public.exists() || !files::pem_files(folder)?.is_empty() {
        return Ok(());
    }
    let problem = format!(
        "has no key, but registries were given the public part, {}: bring the key back from a backup. If it is lost \
         for good, {repair}",
        public.display()
    );
    Err(KeyError::new(folder, problem))
}

/// Makes another signing key; its file is returned.
pub(super) fn next_signing_key(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let authority = CertificateAuthority::require_valid(directory, now)?;
    signing_key(directory, &authority, now, entropy)
}

/// Makes a signing key if none is valid; those that were there before are returned.
pub(super) fn signing_key_if_none(
    directory: &KeyDirectory,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<SigningKeys, KeyError> {
    let authority = CertificateAuthority::require_valid(directory, now)?;
    let keys = directory.read_signing_keys(&authority, now)?;
    if keys.sequence.is_none() {
        signing_key(directory, &authority, now, entropy)?;
    }
    Ok(keys)
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
    let before = last_made(&folder, |_| true)?;
    write_key(&folder, &text, follower(before, now), entropy)
}

fn signing_key(
    directory: &KeyDirectory,
    authority: &CertificateAuthority,
    now: DateTime<Utc>,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    let certificate = authority.certificate.pem();
    let issuer = (authority.key_pem.expose_secret(), certificate.as_str());
    let made =
        make_signing_key(issuer, now, entropy).map_err(|error| directory.not_made(&error))?;
    let text = format!("{}{}", made.key_pem, made.certificate_pem);
    let folder = directory.signing();
    let valid = directory.read_signing_keys(authority, now)?.sequence;
    for key in valid.iter().flat_map(KeySequence::iter) {
        // A clock that was fast made it. By its name it would sign instead of the new one as soon as that time has come.
        if key.created_at > soon(now) {
            let second = follower(last_but_future(&folder, now)?, now - TimeDelta::seconds(1));
            let name = key.path.file_name().unwrap_or_default().to_string_lossy();
            let distinction = name
                .split_once('-')
                .map_or("", |(_, distinction)| distinction);
            files::rename(&key.path, &folder.join(format!("{second}-{distinction}")))?;
        }
    }
    write_key(
        &folder,
        &text,
        follower(last_but_future(&folder, now)?, now),
        entropy,
    )
}

/// The end of the moment that began at `now`.
fn soon(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_signed(SAME_MOMENT).unwrap_or(now)
}

/// The time at which the last of the signing keys was made, but for those from the future, which a wrong clock made.
fn last_but_future(folder: &Path, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, KeyError> {
    last_made(folder, |made| *made <= soon(now))
}

/// The time at which the last of the keys in a folder was made, of those that count.
fn last_made(
    folder: &Path,
    counts: impl Fn(&DateTime<Utc>) -> bool,
) -> Result<Option<DateTime<Utc>>, KeyError> {
    let paths = files::pem_files(folder)?;
    let made: Result<Vec<_>, _> = paths.iter().map(|path| created_at(path)).collect();
    Ok(made?.into_iter().filter(counts).max())
}

/// The second after which a key is named: one that is made in the same second as the one before it is named after
/// the next, or it might count as the older of the two and never sign.
fn follower(before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> i64 {
    before.map_or(now.timestamp(), |before| {
        now.timestamp().max(before.timestamp().saturating_add(1))
    })
}

/// Writes a key into a file that is named after a second.
fn write_key(
    folder: &Path,
    text: &str,
    second: i64,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeyError> {
    // Leftovers have random names, which no later writer comes upon.
    files::remove_unfinished(folder);
    let distinction = u32::from_be_bytes(random_bytes(entropy));
    let path = folder.join(format!("{second}-{distinction:08x}.pem"));
    files::write(&path, PRIVATE, text)?;
    Ok(path)
}
