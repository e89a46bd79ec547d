//! PostgreSQL's notifications: with them a replica follows a change at once, not only when it asks the next time.
//!
//! They are no more than a hint. Asking for the number of the last change is the truth, goes on all the time, and needs none
//! of this.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, RuntimeErr, SqlxError, Statement};
use tokio::time::{sleep, timeout};

use crate::storage::connections::db::Db;
use crate::storage::error::{Outlook, StorageError};

/// The channel on which every change is told.
const CHANNEL: &str = "wharfinger_changes";
/// The quiet after which the link is tried: nothing else tells a quiet link from one that is half open.
const QUIET: Duration = Duration::from_secs(30);
/// The time in which a trial is heard.
const LIMIT: Duration = Duration::from_secs(2);

/// Hears of the changes of all replicas.
#[derive(Debug)]
pub struct Notifications {
    db: Db,
    listener: Option<PgListener>,
}

impl Notifications {
    /// Notifications from `db`; none but PostgreSQL sends any.
    pub(super) fn of(db: &Db) -> Option<Self> {
        let is_postgres = db.follower.get_database_backend() == DbBackend::Postgres;
        is_postgres.then(|| Self {
            db: db.clone(),
            listener: None,
        })
    }

    /// Waits for news. An error means that there will be none for now.
    pub async fn next(&mut self) -> Result<(), StorageError> {
        let heard = self.hear().await;
        heard.map_err(|error| {
            // The link is not used again, whatever went wrong: the library keeps some that are dead.
            self.listener = None;
            error.at(&self.db.place())
        })
    }

    async fn hear(&mut self) -> Result<(), StorageError> {
        let Some(listener) = &mut self.listener else {
            self.listener = Some(connect(&self.db).await?);
            return Ok(());
        };
        loop {
            match timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(_))) => return Ok(()),
                // The link was lost, and with it perhaps some news; what comes back after this is a new one.
                Ok(Ok(None)) => {
                    self.listener = Some(connect(&self.db).await?);
                    return Ok(());
                }
                Ok(Err(error)) => return Err(failed(error)),
                Err(_) => try_out(&self.db, listener).await?,
            }
        }
    }
}

/// A new link, which was tried out.
async fn connect(db: &Db) -> Result<PgListener, StorageError> {
    let options = db.follower.inner.get_postgres_connection_pool();
    let options = options.connect_options().as_ref().clone();
    // A pool for this link alone: one that is half open keeps its place in a pool for minutes.
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_lazy_with(options);
    let connecting = async {
        let mut listener = PgListener::connect_with(&pool).await.map_err(failed)?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok::<_, StorageError>(listener)
    };
    let silent = |_| Err(StorageError::silent(&db.place(), db.patience));
    let connected = timeout(db.patience, connecting).await;
    let mut listener = connected.unwrap_or_else(silent)?;
    try_out(db, &mut listener).await?;
    Ok(listener)
}

/// Sends a notification, and waits until one is heard.
async fn try_out(db: &Db, listener: &mut PgListener) -> Result<(), StorageError> {
    notify(&db.follower).await?;
    let heard = tokio::select! {
        heard = listener.try_recv() => heard.map_err(failed)?,
        () = sleep(LIMIT) => None,
    };
    let why = "notifications do not arrive, perhaps because of a pooler in transaction mode";
    match heard {
        Some(_) => Ok(()),
        None => Err(StorageError::Unusable {
            place: db.place(),
            why: why.to_owned(),
            outlook: Outlook::Lasting,
        }),
    }
}

/// Tells all replicas of a change, when it is committed; on PostgreSQL only.
pub(in crate::storage) async fn notify(
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    let backend = connection.get_database_backend();
    if backend == DbBackend::Postgres {
        let told = Statement::from_string(backend, format!("SELECT pg_notify('{CHANNEL}', '')"));
        connection.execute_raw(told).await?;
    }
    Ok(())
}

fn failed(error: SqlxError) -> StorageError {
    DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
}
