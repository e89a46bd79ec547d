//! A connection on which nothing waits without a limit.

use std::time::Duration;

use sea_orm::prelude::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, Statement, TransactionOptions, TransactionTrait,
};

use crate::storage::server::Server;
use crate::storage::trouble::Trouble;

/// The longest wait for a sign that the database is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A connection or a transaction whose every use has a time limit.
///
/// A use that is given up leaves a connection that is in the middle of something; the pool closes it when it
/// does not answer soon.
#[derive(Debug, Clone)]
pub struct Bounded<C> {
    pub(super) inner: C,
    limit: Duration,
    server: Option<Server>,
    /// The trouble with what is done here, if somebody wants to know it.
    trouble: Option<Trouble>,
}

impl<C> Bounded<C> {
    async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let answered = self.answered_within(limit, answer).await;
        if let (Err(error), Some(trouble)) = (&answered, &self.trouble) {
            trouble.note(error);
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
            () = tokio::time::sleep(limit) => Err(unreachable(self.silence(limit))),
        }
    }

    fn silence(&self, limit: Duration) -> String {
        let place = self.server.as_ref().map_or("the database", Server::place);
        format!("{place}: no answer within {} s", limit.as_secs())
    }
}

fn unreachable(why: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(why))
}

impl Bounded<DatabaseConnection> {
    pub(super) fn new(inner: DatabaseConnection, limit: Duration) -> Self {
        let server = Server::of(&inner);
        Self {
            inner,
            limit,
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

    /// The host and port of a server.
    pub(super) fn place(&self) -> &str {
        self.server.as_ref().map_or("the database", Server::place)
    }

    /// Waits until a server has fallen silent; a file never does.
    pub(super) async fn falls_silent(&self) {
        match &self.server {
            Some(server) => server.falls_silent().await,
            None => std::future::pending().await,
        }
    }

    /// Fails unless the database answers.
    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        self.within(SIGN_OF_LIFE, Box::pin(self.inner.ping())).await
    }

    /// Begins a transaction, after those that began before.
    pub(super) async fn begin(
        &self,
        options: TransactionOptions,
    ) -> Result<Bounded<DatabaseTransaction>, DbErr> {
        let begun = Box::pin(self.inner.begin_with_options(options));
        Ok(Bounded {
            inner: self.within(self.limit, begun).await?,
            limit: self.limit,
            server: self.server.clone(),
            trouble: self.trouble.clone(),
        })
    }
}

impl Bounded<DatabaseTransaction> {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        let (bounds, inner) = self.split();
        let committed = bounds.within(bounds.limit, Box::pin(inner.commit())).await;
        if let (Ok(()), Some(trouble)) = (&committed, &bounds.trouble) {
            trouble.end();
        }
        committed
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        let (bounds, inner) = self.split();
        bounds
            .within(bounds.limit, Box::pin(inner.rollback()))
            .await
    }

    fn split(self) -> (Bounded<()>, DatabaseTransaction) {
        let bounds = Bounded {
            inner: (),
            limit: self.limit,
            server: self.server,
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
        let answer = self.inner.execute_raw(statement);
        self.within(self.limit, answer).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let answer = self.inner.execute_unprepared(sql);
        self.within(self.limit, answer).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let answer = self.inner.query_one_raw(statement);
        self.within(self.limit, answer).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let answer = self.inner.query_all_raw(statement);
        self.within(self.limit, answer).await
    }
}
