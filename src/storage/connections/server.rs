//! PostgreSQL's and MySQL's part in opening the database: limits of their own, and why they cannot be reached.

use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{
    ConnectOptions as _, Connection, Database, Error, Executor, MySql, Postgres, raw_sql,
};
use sea_orm::{ConnectOptions, DatabaseConnection, DbBackend};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::storage::connections::connected::Connected;
use crate::storage::connections::kept::KeptConnections;
use crate::storage::connections::session_settings::{COMMAND, LIMITS, MIGRATION, SessionSettings};

/// The wait after which the server is asked whether it takes connections at all.
const SUSPICION: Duration = Duration::from_millis(100);
/// The time for which one answer to that holds for everybody who waits.
const FRESH: Duration = Duration::from_millis(500);

/// The time for which the reason holds that it gave with a refusal.
const SAID: Duration = Duration::from_secs(1);

/// The time without any answer after which a server counts as gone, although somebody waits for its work.
pub(in crate::storage) const SILENCE: Duration = Duration::from_secs(15);
/// The pause between two questions to it meanwhile.
const LISTENING: Duration = Duration::from_secs(3);
/// The time for an answer: no shorter than any time for a connection that may be configured.
const ANSWER: Duration = Duration::from_secs(5);

/// Sets up the pools of a program that answers requests.
pub(super) fn set_up(options: &mut ConnectOptions, kept: &KeptConnections) {
    set_limits(options, LIMITS, kept);
}

/// Sets up the pools of a command.
pub(super) fn set_up_command(options: &mut ConnectOptions, kept: &KeptConnections) {
    set_limits(options, COMMAND, kept);
}

/// Sets up the pool of a program that changes the schema.
pub(in crate::storage) fn set_up_migration(options: &mut ConnectOptions, kept: &KeptConnections) {
    set_limits(options, MIGRATION, kept);
}

fn set_limits(
    options: &mut ConnectOptions,
    SessionSettings { postgres, mysql }: SessionSettings,
    kept: &KeptConnections,
) {
    let (of_postgres, of_mysql) = (kept.clone(), kept.clone());
    let (maker, maker_too) = (Maker::<Postgres>::new(postgres), Maker::<MySql>::new(mysql));
    let (address, address_too) = (Arc::clone(&maker.address), Arc::clone(&maker_too.address));
    // The driver keeps the brackets of an address such as `postgres://user@[::1]/name`, and then looks for a host of that name.
    let bare = |host: &str| host.trim_matches(['[', ']']).to_owned();
    options
        .map_sqlx_postgres_opts(move |options| {
            let host = bare(options.get_host());
            address.get_or_init(|| options.host(&host)).clone()
        })
        .map_sqlx_mysql_opts(move |options| {
            let host = bare(options.get_host());
            address_too.get_or_init(|| options.host(&host)).clone()
        })
        .map_sqlx_postgres_pool_opts(move |pool| watched(pool, &of_postgres, &maker))
        .map_sqlx_mysql_pool_opts(move |pool| watched(pool, &of_mysql, &maker_too));
}

/// Makes connections with their settings.
struct Maker<D: Database> {
    /// The address and what belongs to it, as soon as the pool is opened.
    address: Arc<OnceLock<<D::Connection as Connection>::Options>>,
    settings: &'static str,
}

impl<D: Database> Maker<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    fn new(settings: &'static str) -> Self {
        Self {
            address: Arc::default(),
            settings,
        }
    }

    async fn make(self) -> Result<D::Connection, Error> {
        let address = self.address.get().ok_or(Error::PoolClosed)?;
        let mut connection = address.connect().await?;
        self.set(&mut connection).await?;
        Ok(connection)
    }

    async fn set(&self, connection: &mut D::Connection) -> Result<(), Error> {
        raw_sql(self.settings).execute(connection).await.map(drop)
    }
}

impl<D: Database> Clone for Maker<D> {
    fn clone(&self) -> Self {
        Self {
            address: Arc::clone(&self.address),
            ..*self
        }
    }
}

/// A pool whose connections have their settings, and are replaced when they do not answer any more. It notes for each question when it
/// has a connection.
fn watched<D: Database>(
    pool: PoolOptions<D>,
    kept: &KeptConnections,
    maker: &Maker<D>,
) -> PoolOptions<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let settings = maker.clone();
    let (given_back, maker_too) = (kept.clone(), maker.clone());
    let (used_again, maker) = (kept.clone(), maker.clone());
    pool.after_connect(move |connection, _| {
        let settings = settings.clone();
        Box::pin(async move {
            settings.set(connection).await?;
            Connected::note();
            Ok(())
        })
    })
    .after_release(move |connection, _| {
        let (kept, maker) = (given_back.clone(), maker_too.clone());
        Box::pin(async move {
            let kept = kept.give_back(connection, || maker.clone().make()).await;
            kept.map(|()| true)
        })
    })
    // The pool's own test has no limit but that of the wait for a connection.
    .test_before_acquire(false)
    .before_acquire(move |connection, of| {
        let (kept, new) = (used_again.clone(), maker.clone().make());
        Box::pin(async move {
            let is_good = kept
                .use_again(connection, (of.age, of.idle_for), new)
                .await?;
            if is_good {
                Connected::note();
            }
            Ok(is_good)
        })
    })
}

/// A database server, which can be asked whether it takes connections.
#[derive(Debug, Clone)]
pub(super) struct Server {
    connection: DatabaseConnection,
    place: Arc<str>,
    /// The last answer, and its time: those who wait do not all ask.
    answer: Arc<Mutex<Option<Knocked>>>,
    /// The reason that the server gave for its last refusal, and the time, if the pool goes on trying all the same.
    said: Arc<std::sync::Mutex<Option<(Instant, String)>>>,
}

/// The outcome of asking a server for a connection.
#[derive(Debug)]
struct Knocked {
    at: Instant,
    refusal: Option<String>,
}

impl Server {
    /// The server behind a pool; SQLite has none.
    pub(super) fn of(connection: &DatabaseConnection) -> Option<Self> {
        let (host, port) = match connection.get_database_backend() {
            DbBackend::Postgres => {
                let options = connection.get_postgres_connection_pool().connect_options();
                (options.get_host().to_owned(), options.get_port())
            }
            DbBackend::MySql => {
                let options = connection.get_mysql_connection_pool().connect_options();
                (options.get_host().to_owned(), options.get_port())
            }
            _ => return None,
        };
        Some(Self {
            connection: connection.clone(),
            place: if host.contains(':') {
                format!("[{host}]:{port}").into()
            } else {
                format!("{host}:{port}").into()
            },
            answer: Arc::default(),
            said: Arc::default(),
        })
    }

    /// The host and port; never a user's name or a password.
    pub(in crate::storage) fn place(&self) -> &str {
        &self.place
    }

    /// Waits until the server has not answered for [`SILENCE`]: work that may take as long as it likes has no other limit.
    pub(super) async fn falls_silent(&self) {
        let mut answered = Instant::now();
        while answered.elapsed() < SILENCE {
            tokio::time::sleep(LISTENING).await;
            // Any answer will do: it is there.
            if let Ok(Ok(()) | Err(_)) = timeout(ANSWER, self.knock()).await {
                answered = Instant::now();
            }
        }
    }

    /// Waits until the server is known to refuse connections, and says why: the pool would go on trying,
    /// and never tell.
    pub(super) async fn refusal(&self) -> String {
        tokio::time::sleep(SUSPICION).await;
        loop {
            if let Some(why) = self.asked().await {
                return format!("{}: {why}", self.place);
            }
            tokio::time::sleep(FRESH).await;
        }
    }

    async fn asked(&self) -> Option<String> {
        let mut answer = self.answer.lock().await;
        if let Some(knocked) = &*answer
            && knocked.at.elapsed() < FRESH
        {
            return knocked.refusal.clone();
        }
        let refusal = match self.knock().await {
            Err(Error::Io(error)) => Some(error.to_string()),
            // It may be over in a moment: the pool tries again until its time ends, and does not tell why.
            Err(Error::Database(error)) if error.is_transient_in_connect_phase() => {
                let said = (Instant::now(), error.message().to_owned());
                *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
                None
            }
            // Any other error comes from the pool by itself.
            Ok(()) | Err(_) => None,
        };
        *answer = Some(Knocked {
            at: Instant::now(),
            refusal: refusal.clone(),
        });
        refusal
    }

    /// The reason that the server gave a moment ago for taking no new connection.
    pub(super) fn said(&self) -> Option<String> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = said.as_ref().filter(|(at, _)| at.elapsed() < SAID);
        lately.map(|(_, why)| why.clone())
    }

    /// Opens a connection as the pool does, and closes it politely: servers shut out clients that only knock.
    async fn knock(&self) -> Result<(), Error> {
        match self.connection.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.connection.get_postgres_connection_pool();
                pool.connect_options().connect().await?.close().await
            }
            DbBackend::MySql => {
                let pool = self.connection.get_mysql_connection_pool();
                pool.connect_options().connect().await?.close().await
            }
            _ => Ok(()),
        }
    }
}
