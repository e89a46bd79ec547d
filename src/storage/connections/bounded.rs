//! A connection on which nothing waits without a limit.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::prelude::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IsolationLevel, QueryResult, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::storage::changes::trouble::Trouble;
use crate::storage::connections::connected::Connected;
use crate::storage::connections::kept::KeptConnections;
use crate::storage::connections::server::{SILENCE, Server};
use crate::storage::connections::timeouts::{DatabaseTimeouts, told};
use crate::storage::error::takes_no_changes;

/// A connection or a transaction whose every use has a time limit.
///
/// A use that is given up leaves a connection that is in the middle of something; the pool replaces it when it
/// does not answer soon.
#[derive(Debug, Clone)]
pub struct Bounded<C> {
    pub(in crate::storage) inner: C,
    timeouts: DatabaseTimeouts,
    server: Option<Server>,
    /// The connections that the pools keep, as far as something is known of them; of a file's nobody asks.
    kept: KeptConnections,
    places: Places,
    /// The trouble with what is done here, if somebody wants to know it.
    trouble: Option<Trouble>,
}

/// The places in a pool of connections to a server: whoever has none waits for one before the pool is asked for a connection.
/// So the wait for others and the wait for the server are told apart.
#[derive(Debug, Clone)]
enum Places {
    /// One for each connection.
    Pool(Arc<Semaphore>),
    /// One that a transaction has until it ends.
    Taken {
        _place: Option<Arc<OwnedSemaphorePermit>>,
    },
    /// SQLite needs none.
    Unlimited,
}

/// A connection from a pool, or a transaction on one.
pub trait Kept: ConnectionTrait {
    /// Notes that it led to a standby, or to a server that takes no changes: new ones may lead to another server.
    fn doubt(&self);
}

impl<C: ConnectionTrait> Kept for Bounded<C> {
    fn doubt(&self) {
        self.kept.doubt();
    }
}

impl<C: Sync> Bounded<C> {
    async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let answered = self.answered_within(limit, answer).await;
        if let Err(error) = &answered {
            if let Some(trouble) = &self.trouble {
                trouble.note(error);
            }
            if takes_no_changes(error) {
                self.kept.doubt();
            }
        }
        answered
    }

    async fn answered_within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        // In a box, because every statement would carry its size.
        let refusal = Box::pin(async {
            match &self.server {
                Some(server) => server.refusal().await,
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            biased;
            answer = answer => answer,
            refusal = refusal => Err(unreachable(refusal)),
            () = tokio::time::sleep(limit) => Err(unreachable(self.silence_so_far(limit))),
        }
    }

    /// The answer to a question.
    async fn asked<T>(
        &self,
        answer: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr>
    where
        T: Send,
    {
        let limit = match self.places {
            Places::Taken { .. } => self.timeouts.statement,
            Places::Pool(_) | Places::Unlimited => self.timeouts.longest(),
        };
        let answered = self.within(limit, self.stepwise(answer)).await;
        answered.map(|(answer, _)| answer)
    }

    /// The answer to a question, each of whose steps has its own limit, and the place in the pool that it took.
    async fn stepwise<T>(
        &self,
        answer: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<(T, Option<OwnedSemaphorePermit>), DbErr> {
        let Places::Pool(places) = &self.places else {
            return Ok((answer.await?, None));
        };
        let limits = self.timeouts;
        let waiting = timeout(limits.acquire, Arc::clone(places).acquire_owned());
        let Ok(place) = waiting.await else {
            let silence = self.silence(limits.acquire);
            return Err(unreachable(format!(
                "{silence}: all connections are in use"
            )));
        };
        let connected = Connected::default();
        let answered = tokio::select! {
            biased;
            answered = connected.noted_in(answer) => answered,
            () = connected.for_longer_than(limits.statement) => {
                Err(unreachable(self.silence(limits.statement)))
            }
        };
        match answered {
            // The pool has given up (`Db::connect`).
            Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) => {
                Err(unreachable(self.silence_so_far(limits.connect)))
            }
            answered => Ok((answered?, place.ok())),
        }
    }

    /// The silence of a server after that time, with the reason for which it takes no new connection by now. Perhaps that is not what
    /// was waited for.
    fn silence_so_far(&self, limit: Duration) -> String {
        let silence = self.silence(limit);
        match self.server.as_ref().and_then(Server::said) {
            Some(why) => format!("{silence}; it takes no new connection: {why}"),
            None => silence,
        }
    }

    /// Waits until a server has fallen silent; a file never does.
    pub(super) async fn falls_silent(&self) {
        match &self.server {
            Some(server) => server.falls_silent().await,
            None => std::future::pending().await,
        }
    }

    fn silence(&self, limit: Duration) -> String {
        format!("{}: no answer within {}", self.place(), told(limit))
    }

    /// The host and port of a server.
    pub(in crate::storage) fn place(&self) -> &str {
        self.server.as_ref().map_or("the database", Server::place)
    }
}

fn unreachable(why: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(why))
}

impl Bounded<DatabaseConnection> {
    /// A pool of so many connections at the most.
    pub(super) fn new(
        inner: DatabaseConnection,
        most: u32,
        (timeouts, kept): (DatabaseTimeouts, &KeptConnections),
    ) -> Self {
        let server = Server::of(&inner);
        let most = usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            inner,
            timeouts,
            places: match &server {
                Some(_) => Places::Pool(Arc::new(Semaphore::new(most))),
                None => Places::Unlimited,
            },
            kept: kept.clone(),
            server,
            trouble: None,
        }
    }

    /// The same, whose failures are noted until something is committed.
    pub(super) fn noting(self, trouble: Trouble) -> Self {
        Self {
            trouble: Some(trouble),
            ..self
        }
    }

    /// Fails unless the database answers.
    pub(in crate::storage) async fn ping(&self) -> Result<(), DbErr> {
        let limit = self.timeouts.connect;
        let answered = self.stepwise(Box::pin(self.inner.ping()));
        self.within(limit, answered).await.map(drop)
    }

    /// Begins a transaction that writes. Each of its statements sees what was committed before it.
    ///
    /// On PostgreSQL that is said for each: a pooler may have given what was set for the connection to others.
    pub(in crate::storage) async fn begin_to_write(
        &self,
    ) -> Result<Bounded<DatabaseTransaction>, DbErr> {
        let backend = self.inner.get_database_backend();
        let options = TransactionOptions {
            isolation_level: (backend == DbBackend::Postgres)
                .then_some(IsolationLevel::ReadCommitted),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.begin(options).await
    }

    /// Begins a transaction, after those that began before.
    pub(in crate::storage) async fn begin(
        &self,
        options: TransactionOptions,
    ) -> Result<Bounded<DatabaseTransaction>, DbErr> {
        let begun = Box::pin(self.stepwise(self.inner.begin_with_options(options)));
        let (inner, place) = self.within(self.timeouts.longest(), begun).await?;
        Ok(Bounded {
            inner,
            timeouts: self.timeouts,
            server: self.server.clone(),
            kept: self.kept.clone(),
            places: Places::Taken {
                _place: place.map(Arc::new),
            },
            trouble: self.trouble.clone(),
        })
    }
}

impl Bounded<DatabaseTransaction> {
    pub(in crate::storage) async fn commit(self) -> Result<(), DbErr> {
        let (bounds, inner) = self.split();
        let limit = bounds.timeouts.statement;
        let committed = bounds.within(limit, Box::pin(inner.commit())).await;
        if let (Ok(()), Some(trouble)) = (&committed, &bounds.trouble) {
            trouble.end();
        }
        committed
    }

    /// Commits in any time, while the database is there: what a restoration wrote may reach the disk only now.
    pub(in crate::storage) async fn commit_however_long(self) -> Result<(), DbErr> {
        let (bounds, inner) = self.split();
        tokio::select! {
            committed = Box::pin(inner.commit()) => committed,
            () = bounds.falls_silent() => Err(unreachable(bounds.silence(SILENCE))),
        }
    }

    pub(in crate::storage) async fn rollback(self) -> Result<(), DbErr> {
        let (bounds, inner) = self.split();
        let limit = bounds.timeouts.statement;
        bounds.within(limit, Box::pin(inner.rollback())).await
    }

    fn split(self) -> (Bounded<()>, DatabaseTransaction) {
        let bounds = Bounded {
            inner: (),
            timeouts: self.timeouts,
            server: self.server,
            kept: self.kept,
            places: self.places,
            trouble: self.trouble,
        };
        (bounds, self.inner)
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Bounded<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.asked(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.asked(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.asked(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.asked(self.inner.query_all_raw(statement)).await
    }
}
