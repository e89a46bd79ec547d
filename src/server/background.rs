//! What runs beside the requests; it ends when a stop begins.

use std::time::{Duration, Instant};

use crate::app::Desk;
use crate::app::access_tokens::UsageQueue;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::server::Service;
use crate::server::lifecycle::Lifecycle;

/// How often what is dead is looked for.
const INTERVAL: Duration = Duration::from_hours(1);

/// Deletes refresh tokens that can never work again.
pub(super) async fn purge(desk: Desk, lifetimes: RefreshLifetimes, lifecycle: Lifecycle) {
    loop {
        match desk.purge_refresh_tokens(&lifetimes).await {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, "deleted refresh tokens that had ended"),
            Err(error) => {
                tracing::warn!(error = %error, "refresh tokens that had ended were not deleted");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
    }
}

/// How often uses of tokens are written down.
const USAGE_INTERVAL: Duration = Duration::from_secs(1);
/// How long a stop waits for the last uses to be written down.
const LAST_USAGE: Duration = Duration::from_secs(5);

/// Writes down when and from where tokens are used. While that fails, it is logged once.
pub(super) async fn write_usage(usage: UsageQueue, lifecycle: Lifecycle) {
    let mut has_failed = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(USAGE_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
        let written = usage.write().await;
        if let Err(error) = &written
            && !has_failed
        {
            tracing::warn!(error = %error, "uses of tokens were not written down; they wait");
        }
        has_failed = written.is_err();
    }
}

/// Writes down what the last requests used, when there are no more.
pub(super) async fn write_last_usage(usage: &UsageQueue) {
    match tokio::time::timeout(LAST_USAGE, usage.write_all()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the last uses of tokens were not written down");
        }
        Err(_) => tracing::warn!("the last uses of tokens were not written down in time"),
    }
}

/// How often the key files are looked at: `keys rotate` promises five seconds.
const KEY_INTERVAL: Duration = Duration::from_secs(2);
/// How often a warning is logged that still holds.
const REMINDER: Duration = Duration::from_hours(24);

/// Follows the key files. What goes wrong is logged once, not every time; the old keys sign on.
pub(super) async fn follow_keys(service: Service, lifecycle: Lifecycle) {
    let (mut known_problem, mut reminded) = (None, (Instant::now(), Vec::new()));
    loop {
        let following = service.clone();
        let follow = tokio::task::spawn_blocking(move || following.follow_keys());
        // A stop does not wait for it: another process may keep the folder's lock, and files are whole.
        let followed = tokio::select! {
            followed = follow => followed,
            () = lifecycle.stopping() => return,
        };
        let (warnings, problem) = match followed {
            Ok(Ok(warnings)) => (warnings, None),
            Ok(Err(error)) => (Vec::new(), Some(error.to_string())),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        if let Some(problem) = &problem
            && known_problem.as_ref() != Some(problem)
        {
            tracing::error!(error = %problem, "the key files cannot be followed; the keys in use sign on");
        }
        known_problem = problem;
        if reminded.1 != warnings || reminded.0.elapsed() >= REMINDER {
            for warning in &warnings {
                tracing::warn!("{warning}");
            }
            reminded = (Instant::now(), warnings);
        }
        tokio::select! {
            () = tokio::time::sleep(KEY_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
    }
}
