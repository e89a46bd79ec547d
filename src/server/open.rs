//! Opens the database and the keys of a service that starts. It may wait for others: the listeners answer already.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

use crate::app::two_factor::TwoFactorError;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::metrics::Metrics;
use crate::server::migrations::must_not_be_half_restored;
use crate::server::telemetry::OpenLog;
use crate::server::wiring::connections;
use crate::server::{Service, SystemClock, SystemEntropy, notices, welcome};
use crate::signing::{KeyRing, Opened};
use crate::storage::{Db, StorageError};

/// The time that a start waits for a database server that cannot be reached: it may be starting too.
const PATIENCE: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_millis(500);

/// Opens everything, and says to the person who starts the service what they should know.
pub(super) async fn open(
    config: &Config,
    metrics: Metrics,
    tasks: TaskTracker,
    log: &OpenLog,
) -> anyhow::Result<Service> {
    for warning in config
        .ignored_variables
        .iter()
        .chain(&config.address_warnings())
        .chain(&config.connection_warnings())
        .chain(&config.key_warning())
    {
        tracing::warn!("{warning}");
    }
    if let Some(overruled) = &config.overruled {
        tracing::info!("{overruled}");
    }
    // A file of authorities that has none ends the start before it has made anything.
    notices::couriers(config)?;
    let db = open_database(config).await?;
    let has_known_keys = db.has_seen_keys().await?;
    let Opened { ring, created } = open_keys(config, &db).await?;
    let (keys, place) = (Arc::new(ring), db.place());
    let service = Service::new(
        config,
        db,
        Arc::clone(&keys),
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    )?
    .with_metrics(metrics)
    .with_tasks(tasks);
    let problem = match service.two_factors.key_problem().await {
        // Its disk may answer later, and everything else goes on without it.
        Err(busy @ TwoFactorError::KeyBusy) => Some(busy.to_string()),
        looked => looked?.map(|problem| problem.to_string()),
    };
    if let Some(problem) = problem {
        tracing::warn!("users with two-factor authentication cannot sign in with codes: {problem}");
    }
    let administrator = service.desk.ensure_administrator().await?;
    // A start that came no further than its keys has noted them in the database that it made.
    if administrator.is_some() && !created && !has_known_keys {
        tracing::warn!(
            "the keys were there before, but the database {place} is new and empty; if you miss your users and \
             tokens, stop the service and correct `database.url`"
        );
    } else if administrator.is_none() && !service.desk.has_administrator().await? {
        tracing::warn!(
            "nobody is an active administrator: make one with `wharfinger user create NAME --admin --output FILE`, \
             or take `wharfinger user change NAME --admin true` or `wharfinger user unblock NAME`"
        );
    }
    if created || administrator.is_some() {
        welcome::tell(log, config, &keys, administrator.as_ref());
    }
    Ok(service)
}

/// Opens the database, and waits a little for a server that cannot be reached, or a file that another program has for itself.
async fn open_database(config: &Config) -> anyhow::Result<Db> {
    let (begin, mut has_told) = (Instant::now(), false);
    loop {
        match try_to_open_database(config).await {
            Err(error) if is_unreachable(&error) && begin.elapsed() < PATIENCE => {
                if !has_told {
                    tracing::warn!("{error}; trying again for {} s", PATIENCE.as_secs());
                }
                has_told = true;
                sleep(RETRY).await;
            }
            opened => return opened,
        }
    }
}

/// The database, whose schema is brought up to date, unless a restoration has to be ended first.
///
/// That is looked at twice: it may have begun and been killed while this waited for its turn.
async fn try_to_open_database(config: &Config) -> anyhow::Result<Db> {
    must_not_be_half_restored(config).await?;
    let db = Db::open_and_migrate(&config.database.url, connections(config)).await?;
    must_not_be_half_restored(config).await?;
    Ok(db)
}

fn is_unreachable(error: &anyhow::Error) -> bool {
    let storage = error.downcast_ref::<StorageError>();
    storage.is_some_and(StorageError::is_unreachable)
}

/// Opens the key files, and makes those that are missing, but for keys that were lost.
async fn open_keys(config: &Config, db: &Db) -> anyhow::Result<Opened> {
    let folder = &config.keys.directory;
    if !KeyRing::is_there(folder)? {
        // A restoration has the turn until its keys and rows are there.
        db.try_to_change().await.context(
            "the first start waits for its turn to make a change before it makes keys, and does not get it; if a backup is being \
             restored, start again when that is done",
        )?;
    }
    // Asked twice: another replica may be making the first keys.
    if !KeyRing::is_there(folder)? && db.has_seen_keys().await? && !KeyRing::is_there(folder)? {
        bail!(
            "the folder {} has no keys, but there were some when this database was served before: all instances share one folder; \
             bring the keys back from a backup, or correct `keys.directory`. If they are lost for good, run `wharfinger keys create`; \
             every registry then needs the new public/ca.crt",
            std::path::absolute(folder)?.display()
        );
    }
    let (folder, schedule) = (folder.clone(), config.key_schedule());
    // Off the async threads: another process may keep the folder's lock for long.
    let opening = tokio::task::spawn_blocking(move || {
        KeyRing::open_or_create(&folder, schedule, SystemClock.now(), &SystemEntropy)
    });
    let opened = opening.await??;
    db.note_keys(SystemClock.now()).await?;
    Ok(opened)
}
