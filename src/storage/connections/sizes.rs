//! The numbers of connections to the database, by purpose.

use secrecy::{ExposeSecret, SecretString};

use crate::storage::connections::file::DatabaseFile;
use crate::storage::connections::timeouts::DatabaseTimeouts;
use crate::storage::error::StorageError;

/// The most questions for the last change that a server is asked at a time.
pub(in crate::storage) const MOST_ASKED: u32 = 4;
/// The most logins that a server is told of at a time. Each may wait for a change of its user.
const MOST_LOGINS: u32 = 4;
/// The connections to a server that each pool may have open beside those that are in use. One that is given back is busy for two more
/// round trips; and one that a network forgets meanwhile keeps its room until the system gives it up, because the pool has no
/// limit for that.
const SPARE: u32 = 2;
/// The files of a connection to SQLite: it has two, and shares a third.
const FILES_OF_SQLITE: u32 = 3;
/// The sockets to a server beside the pools': the one for notifications, and one of each pool that asks whether the server is there.
const BESIDE_THE_POOLS: u32 = 6;

/// The most connections at a time, beside those for changes and logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Those of the token endpoint.
    pub token: u32,
    /// Those of the admin API.
    pub admin: u32,
    /// The longest waits for a server.
    pub timeouts: DatabaseTimeouts,
}

/// The connections of one pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolSize {
    /// The most that are in use at a time.
    pub(super) most: u32,
    /// The room for others that are being given back, or lost.
    pub(super) spare: u32,
}

/// The connections of all pools.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolSizes {
    pub(super) token: PoolSize,
    pub(super) admin: PoolSize,
    pub(super) changes: PoolSize,
    /// None where logins take turns with changes: SQLite has one writer at a time.
    pub(super) logins: Option<PoolSize>,
    pub(super) follower: PoolSize,
}

impl Connections {
    /// The files that connections to the database at `url` may have open.
    pub fn files(self, url: &SecretString) -> Result<u32, StorageError> {
        let is_file = DatabaseFile::of(url.expose_secret())?.is_some();
        let sizes = self.sizes(is_file);
        let pools = [sizes.token, sizes.admin, sizes.changes, sizes.follower];
        let pools = pools.into_iter().chain(sizes.logins);
        let open: u32 = pools.map(|size| size.most + size.spare).sum();
        Ok(if is_file {
            open * FILES_OF_SQLITE
        } else {
            open + BESIDE_THE_POOLS
        })
    }

    /// The connections of the pools to a file, or to a server.
    pub(super) fn sizes(self, is_file: bool) -> PoolSizes {
        let spare = if is_file { 0 } else { SPARE };
        let size = |most| PoolSize { most, spare };
        PoolSizes {
            token: size(self.token),
            admin: size(self.admin),
            changes: size(1),
            logins: (!is_file).then_some(size(MOST_LOGINS)),
            follower: size(if is_file { 1 } else { MOST_ASKED }),
        }
    }
}

impl From<u32> for Connections {
    /// As many for each.
    fn from(number: u32) -> Self {
        Self {
            token: number,
            admin: number,
            timeouts: DatabaseTimeouts::default(),
        }
    }
}
