//! Tasks that run beside the requests; they end when a stop begins.

use std::time::{Duration, Instant};

use crate::app::Desk;
use crate::app::access_tokens::UsageQueue;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::server::Service;
use crate::server::lifecycle::Lifecycle;

/// The pause between two searches for what nobody needs any more.
const INTERVAL: Duration = Duration::from_hours(1);

/// Deletes refresh tokens that can never work again, and the numbers of old changes.
pub(super) async fn purge(desk: Desk, lifetimes: RefreshLifetimes, lifecycle: Lifecycle) {
    loop {
        let purging = async {
            if let Err(error) = desk.prune_changes().await {
                tracing::warn!(error = %error, "the numbers of old changes were not deleted");
            }
            desk.purge_refresh_tokens(&lifetimes).await
        };
        let purged = tokio::select! {
            purged = purging => purged,
            () = lifecycle.stopping() => return,
        };
        match purged {
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

/// The pause between two writes of tokens' uses.
const USAGE_INTERVAL: Duration = Duration::from_secs(1);

/// Writes down when and from where tokens are used. A failure is logged once until it is over.
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

/// Writes down the uses of the last requests, when no more can come; waits until `end` at the longest.
pub(super) async fn write_last_usage(usage: &UsageQueue, end: tokio::time::Instant) {
    match tokio::time::timeout_at(end, usage.write_all()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the last uses of tokens were not written down");
        }
        Err(_) => tracing::warn!("the last uses of tokens were not written down in time"),
    }
}

/// The pause between two looks at the key files: `keys rotate` promises five seconds.
const KEY_INTERVAL: Duration = Duration::from_secs(2);
/// The pause between two log lines of a warning that still holds.
const REMINDER: Duration = Duration::from_hours(24);

/// Follows the key files. A failure is logged once, not every time; the old keys sign on.
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
