//! The key files as they were read, and which key signs for whom.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::encoding::Jwks;
use super::error::KeyError;
use super::es256::SigningKey;
use super::files::{self, PUBLIC};
use super::key_directory::{Authority, KeyDirectory, StoredKey};
use super::key_ring::KeySummary;
use crate::domain::key_schedule::{KeySchedule, KeyState};
use crate::domain::registry::TrustMode;

/// One reading of the key files; there is at least one signing key.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) authority: Authority,
    /// The oldest key; apart, so that there is always one.
    first: StoredKey,
    /// The others, oldest first.
    later: Vec<StoredKey>,
    /// When they were made, oldest first.
    made: Vec<DateTime<Utc>>,
    /// The positions of the keys that sign, by certificate and by key set.
    signing: (usize, usize),
}

impl Loaded {
    /// Reads everything; none if there is no authority or no signing key yet.
    pub(super) fn read(
        directory: &KeyDirectory,
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, KeyError> {
        let Some(authority) = directory.read_authority(now)? else {
            return Ok(None);
        };
        let mut stored = directory.read_signing_keys(&authority, now)?.into_iter();
        let Some(first) = stored.next() else {
            return Ok(None);
        };
        let later: Vec<StoredKey> = stored.collect();
        let made: Vec<_> = std::iter::once(&first)
            .chain(&later)
            .map(|key| key.created_at)
            .collect();
        let signing = signing(schedule, &made, now);
        let loaded = Self {
            authority,
            first,
            later,
            made,
            signing,
        };
        for trust in [TrustMode::Certificate, TrustMode::Jwks] {
            if !loaded.signing(trust).passes_probe() {
                let problem = "another library does not verify what the signing key signs";
                return Err(KeyError::new(&directory.signing(), problem));
            }
        }
        Ok(Some(loaded))
    }

    /// The key that signs for registries that trust us in this way.
    pub(super) fn signing(&self, trust: TrustMode) -> &SigningKey {
        let position = match trust {
            TrustMode::Certificate => self.signing.0,
            TrustMode::Jwks => self.signing.1,
        };
        let later = position
            .checked_sub(1)
            .and_then(|position| self.later.get(position));
        &later.unwrap_or(&self.first).key
    }

    /// Whether nothing has changed: neither the files, nor by the clock what each key does.
    pub(super) fn is_current(
        &self,
        files: &[PathBuf],
        schedule: &KeySchedule,
        now: DateTime<Utc>,
    ) -> bool {
        self.stored().map(|key| &key.path).eq(files)
            && signing(schedule, &self.made, now) == self.signing
            && self.retired(schedule, now).is_empty()
    }

    /// When the newest key was made.
    pub(super) fn newest(&self) -> DateTime<Utc> {
        self.made.last().copied().unwrap_or(self.first.created_at)
    }

    /// The files of keys of which no token is valid any more.
    pub(super) fn retired(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> Vec<PathBuf> {
        let is_retired = |position| schedule.state(&self.made, position, now) == KeyState::Retired;
        let retired = self
            .stored()
            .enumerate()
            .filter(|(position, _)| is_retired(*position));
        retired.map(|(_, key)| key.path.clone()).collect()
    }

    pub(super) fn jwks(&self) -> Jwks {
        Jwks {
            keys: self.stored().map(|stored| stored.key.jwk()).collect(),
        }
    }

    pub(super) fn summaries(&self, schedule: &KeySchedule, now: DateTime<Utc>) -> Vec<KeySummary> {
        let summary = |(position, stored): (usize, &StoredKey)| KeySummary {
            kid: stored.key.kid().to_owned(),
            thumbprint: stored.key.thumbprint(),
            state: schedule.state(&self.made, position, now),
            created_at: stored.created_at,
            not_after: stored.not_after,
        };
        self.stored().enumerate().map(summary).collect()
    }

    /// Whether the key set on disk is this one.
    pub(super) fn is_published(&self, directory: &KeyDirectory) -> Result<bool, KeyError> {
        Ok(files::read(&directory.jwks())?.is_some_and(|text| text == self.jwks_text()))
    }

    /// Writes the key set, unless it is there.
    pub(super) fn publish(&self, directory: &KeyDirectory) -> Result<(), KeyError> {
        if self.is_published(directory)? {
            return Ok(());
        }
        files::write(&directory.jwks(), PUBLIC, &self.jwks_text())
    }

    fn jwks_text(&self) -> String {
        serde_json::to_string_pretty(&self.jwks()).unwrap_or_default()
    }

    fn stored(&self) -> impl Iterator<Item = &StoredKey> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

fn signing(schedule: &KeySchedule, made: &[DateTime<Utc>], now: DateTime<Utc>) -> (usize, usize) {
    let position = |trust| schedule.signing(made, trust, now);
    (position(TrustMode::Certificate), position(TrustMode::Jwks))
}
