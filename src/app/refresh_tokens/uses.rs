//! Noting when refresh tokens are used: in memory with the request, in storage soon after.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::app::waiting::WaitingRecords;
use crate::domain::ids::RefreshTokenId;
use crate::domain::secret::SecretDigest;
use crate::storage::{Db, Directory, refresh_tokens};

/// Most tokens whose uses wait to be written; the uses of others are lost meanwhile.
const MOST_TOKENS: usize = 10_000;

/// Uses of refresh tokens that wait to be written down; clones share them.
///
/// A login waits for nothing: while a database can be read and not written, it would else hold a connection until that one
/// gives up, and a few clients would hold all of them.
#[derive(Clone)]
pub struct RefreshTokenUses {
    db: Db,
    directory: Directory,
    waiting: WaitingRecords<WaitingUses>,
}

/// The last use of each token, with the digest under which there may be a copy of it.
type WaitingUses = BTreeMap<RefreshTokenId, (SecretDigest, DateTime<Utc>)>;

impl RefreshTokenUses {
    /// No uses yet; they are written to `db`, and the copies in `directory` follow.
    pub fn new(db: Db, directory: Directory) -> Self {
        Self {
            db,
            directory,
            waiting: WaitingRecords::default(),
        }
    }

    /// Notes that a token was used at a time.
    pub(in crate::app) fn note(
        &self,
        (token, digest): (RefreshTokenId, SecretDigest),
        at: DateTime<Utc>,
    ) {
        self.put(&mut self.waiting.lock(), token, (digest, at));
    }

    /// Puts a use among those that wait. The latest of each token stays: requests end in another order than they begin.
    fn put(
        &self,
        waiting: &mut WaitingUses,
        token: RefreshTokenId,
        (digest, at): (SecretDigest, DateTime<Utc>),
    ) {
        if waiting.len() < MOST_TOKENS || waiting.contains_key(&token) {
            let (_, last) = waiting.entry(token).or_insert((digest, at));
            *last = at.max(*last);
        } else {
            self.waiting.lose(1);
        }
    }

    /// The number of uses that were not written down, because those of too many tokens waited.
    pub fn lost(&self) -> u64 {
        self.waiting.lost()
    }

    /// Writes down the uses that wait; those that storage does not take stay.
    #[tracing::instrument(name = "app.write_refresh_token_uses", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        let mut taken = self.waiting.take();
        let written = self.write_all(&mut taken).await;
        self.put_back(taken);
        written
    }

    fn put_back(&self, taken: WaitingUses) {
        let mut waiting = self.waiting.lock();
        for (token, earlier) in taken {
            self.put(&mut waiting, token, earlier);
        }
    }

    /// Writes down `taken`, and takes out of it all that is written.
    async fn write_all(&self, taken: &mut WaitingUses) -> Result<(), DeskError> {
        while let Some(first) = taken.first_entry() {
            let (digest, used_at) = *first.get();
            refresh_tokens::note_use(&self.db, (*first.key(), &digest), used_at).await?;
            self.directory.forget_refresh_token(&digest);
            first.remove();
        }
        Ok(())
    }
}

impl fmt::Debug for RefreshTokenUses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.waiting.lock().len();
        f.debug_struct("RefreshTokenUses")
            .field("tokens", &tokens)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::SecretString;
    use tempfile::TempDir;

    use super::*;
    use crate::storage::CopyBounds;

    #[tokio::test]
    async fn the_latest_use_of_a_token_stays_in_whatever_order_they_come() {
        let (_folder, _db, uses) = empty_queue().await;
        let (token, digest) = (RefreshTokenId(1), SecretDigest::stored([7; 32]));
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let last = || uses.waiting.lock().get(&token).map(|&(_, last)| last);
        uses.note((token, digest), at(5));
        uses.note((token, digest), at(0));
        assert_eq!(last(), Some(at(5)));
        let earlier = uses.waiting.take();
        uses.note((token, digest), at(3));
        uses.put_back(earlier);
        assert_eq!(last(), Some(at(5)));
    }

    /// A new queue, with the folder and the database that it writes to.
    async fn empty_queue() -> (TempDir, Db, RefreshTokenUses) {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let db = Db::open_and_migrate(&SecretString::from(url), 2).await;
        let db = db.unwrap();
        let bounds = CopyBounds {
            memory: 0,
            serve_stale_for: Duration::ZERO,
        };
        let uses = RefreshTokenUses::new(db.clone(), Directory::new(db.clone(), bounds));
        (folder, db, uses)
    }

    #[tokio::test]
    async fn uses_of_too_many_tokens_are_counted_also_when_storage_is_away() {
        let (_folder, db, uses) = empty_queue().await;
        let digest = SecretDigest::stored([7; 32]);
        let note = |tokens: std::ops::Range<i64>| {
            for token in tokens {
                uses.note((RefreshTokenId(token), digest), DateTime::UNIX_EPOCH);
            }
        };
        note(0..10_000);
        assert_eq!(uses.lost(), 0);
        note(9_999..10_003);
        assert_eq!(uses.lost(), 3, "one waited already");

        db.close().await.unwrap();
        assert!(uses.write().await.is_err());
        assert_eq!(uses.lost(), 3, "they wait on");
        let taken = uses.waiting.take();
        note(0..10);
        note(10_003..19_993);
        uses.put_back(taken);
        assert_eq!(uses.lost(), 3 + 9_990, "newer uses took their places");
        assert_eq!(uses.waiting.lock().len(), 10_000);
    }
}
