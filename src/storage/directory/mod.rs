//! The directory: what token requests ask of storage, answered from copies in memory where these are right.
//!
//! A token request asks it three things: whose credential is this, what is at these paths, and which roles does the
//! caller have. Nothing else in the service knows of the copies.

mod boot_time;
mod bounded_map;
pub(super) mod copies;
mod drops;
pub(super) mod facts;
mod follower;
mod look;
pub(super) mod notifications;
mod numbers;
mod one_moment;
mod shared_loads;

use std::sync::Arc;
use std::time::Duration;

pub use look::Look;
pub use notifications::Notifications;

use crate::domain::numbers::CopyNumbers;
use crate::domain::secret::SecretDigest;
use crate::storage::connections::db::Db;
use crate::storage::connections::file::{DatabaseFile, FileState};
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::copies::Copies;
use crate::storage::directory::follower::{BOUND, Follower};
use crate::storage::directory::look::Trust;
use crate::storage::error::StorageError;

/// The bounds of the copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyBounds {
    /// The most memory that they take, in bytes; zero for no copies at all.
    pub memory: usize,
    /// The time for which pulls are answered from them while storage is away.
    pub serve_stale_for: Duration,
}

/// Answers what token requests ask of storage.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    copying: Option<Arc<Copying>>,
}

/// The copies, and what is known about their age.
#[derive(Debug)]
struct Copying {
    copies: Arc<Copies>,
    follower: Follower,
    serve_stale_for: Duration,
}

impl Directory {
    /// A directory of `db` with copies. Changes by the same `db` are dropped from them before they are acknowledged.
    pub fn new(db: Db, bounds: CopyBounds) -> Self {
        let copying = (bounds.memory > 0).then(|| {
            Arc::new(Copying {
                copies: db.copies(bounds.memory),
                follower: Follower::of(&db),
                serve_stale_for: bounds.serve_stale_for,
            })
        });
        Self { db, copying }
    }

    /// A directory of `db` that asks storage each time.
    pub fn without_copies(db: Db) -> Self {
        Self { db, copying: None }
    }

    /// Looks at the directory for a request that begins now.
    ///
    /// The copies are used if they were right at some time in the second before now. If they are older, storage is asked
    /// once for what has changed; if it is away, they may be used for pulls for a while.
    pub async fn look(&self) -> Look<'_> {
        let now = BootTime::now();
        let trust = match &self.copying {
            Some(copying) => self.trust(copying, now).await,
            None => Trust::Nothing,
        };
        Look::new(&self.db, trust, now)
    }

    async fn trust<'a>(&self, copying: &'a Copying, now: BootTime) -> Trust<'a> {
        let (copies, follower) = (&*copying.copies, &copying.follower);
        if follower.is_younger_than(BOUND, now) {
            return Trust::Current(copies, follower);
        }
        if follower.surely_away(now).is_none()
            && Box::pin(follower.confirm(&self.db, copies, now))
                .await
                .is_ok()
        {
            return Trust::Current(copies, follower);
        }
        match follower.surely_away(BootTime::now()) {
            Some(away) if follower.is_younger_than(copying.serve_stale_for, now) => {
                Trust::Stale(copies, away)
            }
            Some(away) => Trust::Away(away),
            // Storage answers, but not as it should; whoever asks it directly is told why.
            None => Trust::Nothing,
        }
    }

    /// True if it is known that storage is away. Nobody needs to ask it then.
    pub fn is_away(&self) -> bool {
        let away = |copying: &Arc<Copying>| copying.follower.surely_away(BootTime::now());
        self.copying.as_ref().and_then(away).is_some()
    }

    /// True if the file of SQLite is not the one that was opened, which only another start mends.
    pub fn is_replaced(&self) -> bool {
        let away = |copying: &Arc<Copying>| copying.follower.surely_away(BootTime::now());
        let away = self.copying.as_ref().and_then(away);
        away.is_some_and(|away| away.is_replaced)
    }

    /// True while the copies are young enough that pulls are answered from them without storage.
    pub fn pulls_go_on(&self) -> bool {
        self.copying.as_ref().is_some_and(|copying| {
            let (follower, now) = (&copying.follower, BootTime::now());
            follower.is_younger_than(copying.serve_stale_for, now)
        })
    }

    /// Drops the copy of a refresh token whose use was noted.
    pub fn forget_refresh_token(&self, digest: &SecretDigest) {
        if let Some(copying) = &self.copying {
            copying.copies.forget_refresh_token(digest);
        }
    }

    /// The state of SQLite's files. If it changes, somebody has written to them; nothing else tells of that.
    pub fn file_state(&self) -> Option<FileState> {
        let file = self.copying.as_ref().and(self.db.file.as_ref());
        file.map(DatabaseFile::state)
    }

    /// The notifications of changes, where the database sends any and there are copies.
    pub fn notifications(&self) -> Option<Notifications> {
        self.copying.as_ref().and(Notifications::of(&self.db))
    }

    /// Follows the changes of others. The service does this several times a second.
    pub async fn follow(&self) -> Result<(), StorageError> {
        match &self.copying {
            Some(copying) => copying.follower.follow(&self.db, &copying.copies).await,
            None => Ok(()),
        }
    }

    /// The use and the size of the copies; nothing if there are none.
    pub fn numbers(&self) -> Option<CopyNumbers> {
        let copying = self.copying.as_ref()?;
        let (entries, bytes) = copying.copies.size();
        let confirmed = copying.follower.confirmed();
        Some(CopyNumbers {
            answers: copying.copies.asked.read(),
            entries,
            bytes,
            age: confirmed.map(BootTime::elapsed),
        })
    }
}
