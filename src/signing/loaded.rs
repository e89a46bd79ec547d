//! The key files as they were read, and the key that signs for each registry.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::key_schedule::{KeySchedule, KeyState};
use crate::domain::registry::{Registry, ServiceName, TrustMode};
use crate::signing::authority::CertificateAuthority;
use crate::signing::encoding::Jwks;
use crate::signing::error::KeyError;
use crate::signing::es256::SigningKey;
use crate::signing::files;
use crate::signing::files::PUBLIC;
use crate::signing::key_directory::KeyDirectory;
use crate::signing::key_sequence::{KeySequence, StoredKey};
use crate::signing::read::EarlyKey;
use crate::signing::summary::KeySummary;

/// The time within which the first key follows the making of its authority.
const FIRST_KEY: TimeDelta = TimeDelta::minutes(1);

/// One reading of the key files.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) authority: CertificateAuthority,
    /// The keys that come and go by themselves.
    ring: KeySequence,
    /// The positions of the keys that sign: for registries with the certificate, and with a key set.
    signing: (usize, usize),
    /// The keys that belong to one service alone.
    pinned: BTreeMap<ServiceName, KeySequence>,
    /// The files of signing keys whose certificate has ended.
    ended: Vec<PathBuf>,
    /// The signing keys whose certificate is not valid yet.
    early: Vec<EarlyKey>,
    /// The files for registries, with the text that each is to have.
    published: Vec<(PathBuf, String)>,
}

impl Loaded {
    /// Reads all key files; none if there is no authority or no signing key yet.
    pub(super) fn read(
        directory: &KeyDirectory,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, KeyError> {
        let Some(authority) = CertificateAuthority::read_valid(directory, now)? else {
            return Ok(None);
        };
        let keys = directory.read_signing_keys(&authority, now)?;
        keys.valid()?;
        let Some(ring) = keys.sequence else {
            return Ok(None);
        };
        let mut pinned = BTreeMap::new();
        for service in &schedule.pinned {
            if let Some(sequence) = directory.read_pinned_keys(service)? {
                pinned.insert(service.clone(), sequence);
            }
        }
        let mut loaded = Self {
            signing: signing(schedule, &ring.made, now),
            authority,
            ring,
            pinned,
            ended: keys.ended,
            early: keys.early,
            published: Vec::new(),
        };
        loaded.published = loaded.to_publish(directory, now);
        loaded.probe()?;
        Ok(Some(loaded))
    }

    /// True if every service that is to have a key of its own has one.
    pub(super) fn is_complete(&self, schedule: &KeySchedule) -> bool {
        schedule
            .pinned
            .iter()
            .all(|service| self.pinned.contains_key(service))
    }

    /// The key that signs for this registry.
    pub(super) fn signing(&self, registry: &Registry) -> Option<&SigningKey> {
        let stored = match registry.trust {
            TrustMode::Certificate => self.ring.at(self.signing.0),
            TrustMode::Jwks => self.ring.at(self.signing.1),
            TrustMode::Pinned => self.pinned.get(&registry.service)?.newest(),
        };
        Some(&stored.key)
    }

    /// True if the next signing key is to be made: the newest is old, or a former authority certified it.
    pub(super) fn is_key_due(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> bool {
        let newest = self.ring.newest();
        schedule.is_due(newest.created_at, now) || !newest.is_current
    }

    /// True if neither the files nor, by the clock, the part of any key has changed.
    pub(super) fn is_current(
        &self,
        directory: &KeyDirectory,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<bool, KeyError> {
        let mut there = files::pem_files(&directory.signing())?;
        for service in &schedule.pinned {
            there.extend(files::pem_files(&directory.pinned(service))?);
        }
        there.sort();
        let mut known: Vec<_> = self.stored().map(|key| key.path.clone()).collect();
        known.extend_from_slice(&self.ended);
        known.extend(self.early.iter().map(|key| key.path.clone()));
        known.sort();
        let is_authority_known = self.authority.is_as_read(directory)?;
        let early_only = |key: &EarlyKey| key.certificate.is_early(now);
        Ok(there == known
            && self.early.iter().all(early_only)
            && self.ring.iter().all(|key| {
                key.not_before.is_none_or(|begin| begin <= now)
                    && key.not_after.is_none_or(|end| now < end)
            })
            && is_authority_known
            && signing(schedule, &self.ring.made, now) == self.signing
            && self.retired(schedule, now).is_empty())
    }

    /// The files of keys whose tokens have all expired.
    pub(super) fn retired(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> Vec<PathBuf> {
        let retired = self.past_their_tokens(schedule, now);
        retired
            .map(|key| key.path.clone())
            .chain(self.ended.iter().cloned())
            .collect()
    }

    /// The keys whose tokens have all expired, but for those whose certificate has ended.
    pub(super) fn past_their_tokens<'a>(
        &'a self,
        schedule: &'a KeySchedule,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &'a StoredKey> {
        let keys = self.with_state(schedule, now);
        keys.filter(|(_, _, state)| *state == KeyState::Retired)
            .map(|(_, key, _)| key)
    }

    /// The advice about a key whose certificate is not valid yet, if there is one.
    pub(super) fn early_notice(&self) -> Option<String> {
        let early = self.early.first()?;
        let problem = early
            .certificate
            .early(&early.path, "wharfinger keys rotate");
        Some(format!("{problem}. Until then another key signs"))
    }

    /// The time by which registries with a key set must be restarted, if a key waits for that. The one at work signs no more
    /// when its certificate has ended.
    pub(super) fn restart_before(
        &self,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let before = schedule.restart_before(&self.ring.made, now)?;
        let end = self.ring.at(self.signing.1).not_after;
        Some(end.map_or(before, |end| before.min(end)))
    }

    /// The times at which the key that signs for registries with a key set was made and began to, while that is news. The
    /// very first key is none: the registries were started after it.
    pub(super) fn began(
        &self,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let first = self.authority.made() + FIRST_KEY;
        let began = schedule.began(&self.ring.made, now);
        began.filter(|(made, _)| *made > first)
    }

    /// The times at which the present authority was made and began to certify keys, while a key of the one before it is kept and
    /// there are registries that read certificates.
    pub(super) fn authority_began(
        &self,
        schedule: &KeySchedule,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let mut others = self.ring.iter().skip_while(|key| !key.is_current);
        let first = others.next().filter(|_| !self.ring.at(0).is_current)?;
        schedule
            .has_certificates()
            .then(|| (self.authority.made(), first.created_at))
    }

    /// True if the newest key was made before that time.
    pub(super) fn is_older_than(&self, before: DateTime<Utc>) -> bool {
        self.ring.newest().created_at < before
    }

    pub(super) fn jwks(&self) -> Jwks {
        Jwks {
            keys: self.stored().map(|stored| stored.key.jwk()).collect(),
        }
    }

    pub(super) fn summaries(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> Vec<KeySummary> {
        self.with_state(schedule, now)
            .map(|(service, stored, state)| KeySummary {
                kid: stored.key.kid().to_owned(),
                thumbprint: stored.key.thumbprint(),
                state,
                service: service.map(ToString::to_string),
                created_at: stored.created_at,
                not_after: stored.not_after,
            })
            .collect()
    }

    /// True if every file for registries has the text that it is to have.
    pub(super) fn is_published(&self) -> Result<bool, KeyError> {
        for (path, text) in &self.published {
            if files::read(path)?.as_ref() != Some(text) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes each file for registries that is missing or old.
    pub(super) fn publish(&self) -> Result<(), KeyError> {
        for (path, text) in &self.published {
            if files::read(path)?.as_ref() != Some(text) {
                path.parent()
                    .map_or(Ok(()), |folder| files::make_folder(folder, 0o755))?;
                files::write(path, PUBLIC, text)?;
            }
        }
        Ok(())
    }

    fn to_publish(&self, directory: &KeyDirectory, now: DateTime<Utc>) -> Vec<(PathBuf, String)> {
        let jwks = serde_json::to_string_pretty(&self.jwks()).unwrap_or_default();
        let pinned = self.pinned.iter().map(|(service, sequence)| {
            let pem = sequence.newest().key.public_pem();
            (directory.pinned_public(service), pem)
        });
        let shared = [
            (
                directory.authority_certificate(),
                self.authority.bundle(now),
            ),
            (directory.jwks(), jwks),
        ];
        shared.into_iter().chain(pinned).collect()
    }

    /// Has another library verify a token of each key that signs.
    fn probe(&self) -> Result<(), KeyError> {
        let shared = [self.signing.0, self.signing.1].map(|position| self.ring.at(position));
        let own = self.pinned.values().map(KeySequence::newest);
        for stored in shared.into_iter().chain(own) {
            if !stored.key.passes_probe() {
                let problem = "another library does not verify what this key signs";
                return Err(KeyError::new(&stored.path, problem));
            }
        }
        Ok(())
    }

    fn stored(&self) -> impl Iterator<Item = &StoredKey> {
        self.ring
            .iter()
            .chain(self.pinned.values().flat_map(KeySequence::iter))
    }

    /// Every key, with the service that it belongs to alone and its present part.
    fn with_state<'a>(
        &'a self,
        schedule: &'a KeySchedule,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (Option<&'a ServiceName>, &'a StoredKey, KeyState)> {
        let ring = self.ring.iter().enumerate().map(move |(position, stored)| {
            let state = schedule.state(&self.ring.made, position, now);
            (None, stored, state)
        });
        let pinned = self.pinned.iter().flat_map(move |(service, sequence)| {
            sequence.iter().enumerate().map(move |(position, stored)| {
                let state = schedule.pinned_state(&sequence.made, position, now);
                (Some(service), stored, state)
            })
        });
        ring.chain(pinned)
    }
}

fn signing(schedule: &KeySchedule, made: &[DateTime<Utc>], now: DateTime<Utc>) -> (usize, usize) {
    let position = |trust| schedule.signing(made, trust, now);
    (position(TrustMode::Certificate), position(TrustMode::Jwks))
}
