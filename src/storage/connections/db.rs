//! Opens the database.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::Statement;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};

use crate::storage::changes::counter;
use crate::storage::connections::file::DatabaseFile;
use crate::storage::connections::opening::Opening;
use crate::storage::connections::pools::{Opener, Pools};
use crate::storage::connections::server;
use crate::storage::connections::sizes::Connections;
use crate::storage::directory::copies::Copies;
use crate::storage::error::StorageError;
use crate::storage::schema;
use crate::storage::schema::fold;

/// The longest that connections to a server take to be closed.
pub(in crate::storage) const LAST_WORDS: Duration = Duration::from_secs(2);
/// The longest that a start waits for the answer whether the schema is up to date.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The time for which a start tries again to open a file that other programs have for themselves.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before it tries again.
const RETRY: Duration = Duration::from_millis(50);

/// The open database. All handles share what they have; the state of each listener holds many.
#[derive(Debug, Clone)]
pub struct Db(Arc<Pools>);

impl Db {
    /// Opens the database, makes it if it is missing, and brings its schema up to date.
    ///
    /// One that takes no changes is refused: a leaked token could not be revoked there.
    pub async fn open_and_migrate(
        url: &SecretString,
        connections: impl Into<Connections>,
    ) -> Result<Self, StorageError> {
        let (begin, connections) = (Instant::now(), connections.into());
        loop {
            match Self::try_to_open_and_migrate(url, connections).await {
                // SQLite does not wait for a file that others make or close at this moment.
                Err(error) if error.is_locked() && begin.elapsed() < PATIENCE => {
                    sleep(RETRY).await;
                }
                opened => return opened,
            }
        }
    }

    async fn try_to_open_and_migrate(
        url: &SecretString,
        connections: Connections,
    ) -> Result<Self, StorageError> {
        // A start that has nothing to do needs no other connections than those that serve later.
        if DatabaseFile::of(url.expose_secret())?.is_none() {
            let db = Box::pin(Self::connect(url, connections, Opener::Service)).await?;
            if db.is_up_to_date().await? {
                let due = Box::pin(fold::is_due(&db.connection));
                let (due, checked) = tokio::join!(due, db.check());
                if !due.map_err(|error| error.at(&db.place()))? {
                    return checked.map(|()| db);
                }
            }
            db.close().await?;
        }
        // One has the turn while the other changes the schema.
        let two = Connections {
            token: 2,
            ..connections
        };
        let preparing = Box::pin(Self::connect(url, two, Opener::Migration)).await?;
        preparing.prepare().await?;
        preparing.close().await?;
        let db = Box::pin(Self::connect(url, connections, Opener::Service)).await?;
        db.check().await?;
        Ok(db)
    }

    /// Brings the schema and its rows up to date.
    async fn prepare(&self) -> Result<(), StorageError> {
        let prepared = Box::pin(schema::bring_up_to_date(&self.connection));
        let prepared = self.while_there(prepared).await;
        prepared.map_err(|error| error.at(&self.place()))
    }

    /// Does work that may take long, such as a change of the schema, but only while the server is there.
    pub(in crate::storage) async fn while_there<T, E: From<StorageError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            done = work => done,
            () = self.connection.falls_silent() => {
                Err(StorageError::silent(&self.place(), server::SILENCE).into())
            }
        }
    }

    /// True if a server's schema needs nothing. Changes of a schema may take long, and so may the wait for another start that
    /// makes them; where nothing is to be done, nothing waits long.
    async fn is_up_to_date(&self) -> Result<bool, StorageError> {
        let look = schema::check(&self.connection.inner);
        match timeout(LONGEST_LOOK, look).await {
            Ok(Err(StorageError::NoSchema | StorageError::OtherSchema(_))) => Ok(false),
            Ok(looked) => looked
                .map(|()| true)
                .map_err(|error| error.at(&self.place())),
            Err(_) => Err(StorageError::silent(&self.place(), LONGEST_LOOK)),
        }
    }

    /// Opens a database that has the schema of this version.
    pub async fn open(
        url: &SecretString,
        connections: impl Into<Connections>,
    ) -> Result<Self, StorageError> {
        let db = Box::pin(Self::connect(url, connections.into(), Opener::Command)).await?;
        let checked = schema::check(&db.connection.inner).await;
        checked.map_err(|error| error.at(&db.place()))?;
        Ok(db)
    }

    /// The same database by the connections of the admin API.
    #[must_use]
    pub fn for_admin(&self) -> Self {
        let mut db = self.clone();
        db.pools_of_its_own().connection = self.admin.clone();
        db
    }

    /// The pools of this handle alone, which shares them with no other from now on.
    pub(in crate::storage) fn pools_of_its_own(&mut self) -> &mut Pools {
        Arc::make_mut(&mut self.0)
    }

    /// The copies that are kept in this process, of at most `memory` bytes if they are new.
    pub(in crate::storage) fn copies(&self, memory: usize) -> Arc<Copies> {
        let new = || Arc::new(Copies::new(memory, self.patience));
        Arc::clone(self.copies.get_or_init(new))
    }

    /// Fails if the file of SQLite is not the one that was opened; a server has none.
    pub(in crate::storage) fn must_be_the_same(&self) -> Result<(), StorageError> {
        let file = self.file.as_ref();
        file.map_or(Ok(()), DatabaseFile::must_be_the_same)
    }

    /// Fails unless the database answers and takes changes.
    pub async fn check(&self) -> Result<(), StorageError> {
        let answered = match &self.file {
            Some(file) => {
                file.must_be_the_same()?;
                file.must_be_writable()?;
                counter::read(&self.connection).await.map(drop)
            }
            None => counter::must_take_changes(&self.connection).await,
        };
        answered.map_err(|error| error.at(&self.place()))
    }

    /// Closes all connections; on SQLite this folds the log into the database's file. A server that does not answer any
    /// more is left behind.
    pub async fn close(self) -> Result<(), StorageError> {
        let (place, is_server) = (self.place(), self.file.is_none());
        let closing = async {
            self.changes.inner.close_by_ref().await?;
            self.logins.inner.close_by_ref().await?;
            self.admin.inner.close_by_ref().await?;
            self.follower.inner.close_by_ref().await?;
            Ok(self.connection.inner.close_by_ref().await?)
        };
        if !is_server {
            return closing.await;
        }
        let silent = |_| Err(StorageError::silent(&place, LAST_WORDS));
        timeout(LAST_WORDS, closing).await.unwrap_or_else(silent)
    }

    /// Calls `watcher` with every statement that this handle and its copies send from now on, for tests of what they
    /// cost. Statements have their values, which no log may show.
    #[doc(hidden)]
    pub fn watch(&mut self, watcher: impl Fn(&Statement) + Clone + Send + Sync + 'static) {
        let pools = self.pools_of_its_own();
        for pool in [
            &mut pools.connection,
            &mut pools.admin,
            &mut pools.changes,
            &mut pools.logins,
            &mut pools.follower,
        ] {
            let watcher = watcher.clone();
            let sent = &mut pool.inner;
            sent.set_metric_callback(move |sent| watcher(sent.statement));
        }
    }

    pub(in crate::storage) async fn connect(
        url: &SecretString,
        connections: Connections,
        opener: Opener,
    ) -> Result<Self, StorageError> {
        let opening = Opening::new(url.expose_secret(), connections, opener)?;
        let mut pools = opening.pools().await?;
        let answered = pools.connection.ping().await.map_err(StorageError::from);
        answered.map_err(|error| match &pools.file {
            Some(file) => file.reason(error),
            None => error.at(&pools.place()),
        })?;
        if let Some(file) = &mut pools.file {
            file.remember();
            if opener == Opener::Service {
                file.warn_if_open();
            }
        }
        Ok(Self(Arc::new(pools)))
    }
}

impl Deref for Db {
    type Target = Pools;

    fn deref(&self) -> &Pools {
        &self.0
    }
}

#[cfg(test)]
#[path = "db_tests.rs"]
mod tests;
