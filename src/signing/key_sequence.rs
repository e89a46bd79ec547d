//! Signing keys of one kind, in the order of their making; at least one.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::signing::es256::SigningKey;

/// A signing key as it is on disk.
#[derive(Debug)]
pub(super) struct StoredKey {
    pub(super) path: PathBuf,
    pub(super) key: SigningKey,
    pub(super) created_at: DateTime<Utc>,
    /// True if the present authority certified it, and not a former one.
    pub(super) is_current: bool,
    /// The begin of its certificate, if it has one.
    pub(super) not_before: Option<DateTime<Utc>>,
    /// The end of its certificate, if it has one.
    pub(super) not_after: Option<DateTime<Utc>>,
}

/// Keys, oldest first.
#[derive(Debug)]
pub(super) struct KeySequence {
    /// The oldest key; apart, so that there is always one.
    first: StoredKey,
    later: Vec<StoredKey>,
    /// The times at which they were made, oldest first.
    pub(super) made: Vec<DateTime<Utc>>,
}

impl KeySequence {
    /// A sequence of these keys; none if there are none.
    pub(super) fn new(mut keys: Vec<StoredKey>) -> Option<Self> {
        // Names of files do not sort by time if one was made near 1970, and has fewer digits.
        keys.sort_by(|one, other| {
            (one.created_at, &one.path).cmp(&(other.created_at, &other.path))
        });
        let made = keys.iter().map(|key| key.created_at).collect();
        let mut keys = keys.into_iter();
        let first = keys.next()?;
        Some(Self {
            first,
            later: keys.collect(),
            made,
        })
    }

    /// The key at a position; the oldest if there is none.
    pub(super) fn at(&self, position: usize) -> &StoredKey {
        let later = position
            .checked_sub(1)
            .and_then(|position| self.later.get(position));
        later.unwrap_or(&self.first)
    }

    /// The youngest key.
    pub(super) fn newest(&self) -> &StoredKey {
        self.later.last().unwrap_or(&self.first)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &StoredKey> {
        std::iter::once(&self.first).chain(&self.later)
    }
}
