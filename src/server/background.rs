//! Tasks that run beside the requests; they end when a stop begins.

use std::time::{Duration, Instant};

use crate::app::{DeskError, PurgedPart};
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::sessions::SessionRules;
use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;
use crate::storage::PurgePass;

/// The pause between two searches for what nobody needs any more.
const INTERVAL: Duration = Duration::from_hours(1);

/// The pause before the first search: what starts is to be ready first, and a search has connections opened.
const START: Duration = Duration::from_secs(1);

/// Deletes the numbers of old changes.
pub(super) async fn purge_changes(service: Service, lifecycle: Lifecycle) {
    let consequence = "the numbers of old changes are not deleted";
    let mut step = RepeatedStep::new(service.health, "old_changes", consequence);
    let mut pause = START;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = INTERVAL,
            () = lifecycle.stopping() => return,
        }
        tokio::select! {
            _ = step.run(service.desk.prune_changes()) => {}
            () = lifecycle.stopping() => return,
        }
    }
}

/// The pause between two parts of a purge, in which changes go on.
const BREATH: Duration = Duration::from_millis(100);
/// The pause after a part of a purge that failed; another instance may have been at the same rows.
const AGAIN: Duration = Duration::from_mins(1);

/// Deletes refresh tokens that have ended.
pub(super) async fn purge_refresh_tokens(
    service: Service,
    lifetimes: RefreshLifetimes,
    lifecycle: Lifecycle,
) {
    let consequence = "refresh tokens that have ended are not deleted";
    let step = RepeatedStep::new(service.health, "refresh_tokens", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_refresh_tokens(&lifetimes, &pass);
    purge_in_parts((step, "refresh tokens that had ended"), purge, lifecycle).await;
}

/// Deletes sessions that have ended.
pub(super) async fn purge_sessions(service: Service, rules: SessionRules, lifecycle: Lifecycle) {
    let consequence = "sessions that have ended are not deleted";
    let step = RepeatedStep::new(service.health, "sessions", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_sessions(&rules, &pass);
    purge_in_parts((step, "sessions that had ended"), purge, lifecycle).await;
}

/// Deletes events that are older than `keep`.
pub(super) async fn purge_events(service: Service, keep: Duration, lifecycle: Lifecycle) {
    let consequence = "old events of the audit log are not deleted";
    let step = RepeatedStep::new(service.health, "old_events", consequence);
    let desk = service.desk;
    let purge = || desk.purge_audit_events(keep);
    purge_in_parts((step, "old events of the audit log"), purge, lifecycle).await;
}

/// Deletes usage that is older than `keep`.
pub(super) async fn purge_usage(service: Service, keep: Duration, lifecycle: Lifecycle) {
    let consequence = "the usage of old days is not deleted";
    let step = RepeatedStep::new(service.health, "old_usage", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_usage(keep, &pass);
    purge_in_parts((step, "the usage of old days"), purge, lifecycle).await;
}

/// Gives up notices that nobody sends, and deletes those that were finished long ago, also where no way for them is configured any
/// more.
pub(super) async fn purge_notices(service: Service, lifecycle: Lifecycle) {
    let consequence = "old notices are not deleted";
    let step = RepeatedStep::new(service.health, "old_notices", consequence);
    let notices = service.notices;
    let purge = || notices.purge();
    purge_in_parts((step, "old notices"), purge, lifecycle).await;
}

/// Deletes what is old, with a pause before each part.
async fn purge_in_parts<P>(
    (mut step, what): (RepeatedStep, &'static str),
    purge: impl Fn() -> P,
    lifecycle: Lifecycle,
) where
    P: Future<Output = Result<PurgedPart, DeskError>>,
{
    let (mut deleted, mut pause) = (0, START);
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = lifecycle.stopping() => return,
        }
        let purged = tokio::select! {
            purged = step.run(purge()) => purged,
            () = lifecycle.stopping() => return,
        };
        let Some(purged) = purged else {
            pause = AGAIN;
            continue;
        };
        deleted += purged.number;
        pause = if purged.has_rest {
            BREATH
        } else {
            if deleted > 0 {
                tracing::info!(deleted, "deleted {what}");
            }
            deleted = 0;
            INTERVAL
        };
    }
}

/// The pause between two counts of tokens that end soon.
const COUNT_INTERVAL: Duration = Duration::from_mins(10);

/// Counts the tokens that end soon.
pub(super) async fn count_expiring_tokens(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "expiring_tokens",
        "tokens that end soon are not counted",
    );
    loop {
        tokio::select! {
            _ = step.run(service.count_expiring_tokens()) => {}
            () = lifecycle.stopping() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(COUNT_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
    }
}

/// The pause between two looks at whether changes can be made again.
const HEALING_INTERVAL: Duration = Duration::from_secs(1);

/// Tries to make a change of nothing for as long as changes fail, so that the operator sees that and why, and it is over
/// without anybody's change.
pub(super) async fn heal_changes(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(service.health, "changes", "no change can be made");
    loop {
        tokio::select! {
            () = tokio::time::sleep(HEALING_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
        // Not ended by a stop: it is bounded, and a transaction must come to its end.
        if step.is_failing() || service.db.changes_failing().is_some() {
            step.run(service.db.try_to_change()).await;
        }
    }
}

/// The pause between two writes of tokens' uses, and two looks at whether counts are due.
const USAGE_INTERVAL: Duration = Duration::from_secs(1);

/// Writes down when and from where tokens are used, and who signed in or was refused.
pub(super) async fn write_usage(service: Service, lifecycle: Lifecycle) {
    let mut refreshing = RepeatedStep::new(
        service.health.clone(),
        "refresh_token_uses",
        "uses of refresh tokens are not written down, and wait",
    );
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "usage",
        "uses of tokens are not written down, and wait",
    );
    let mut observing = RepeatedStep::new(
        service.health.clone(),
        "observations",
        "sign-ins and refusals are not written down, and wait",
    );
    loop {
        tokio::select! {
            () = tokio::time::sleep(USAGE_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
        step.run(service.usage.write()).await;
        observing.run(service.observations.write()).await;
        refreshing.run(service.refresh_token_uses.write()).await;
    }
}

/// Writes down what was granted and refused: apart, because it may take long.
pub(super) async fn write_counts(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "usage_counts",
        "what is granted and refused is not written down, and waits",
    );
    loop {
        tokio::select! {
            () = tokio::time::sleep(USAGE_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
        step.run(service.counter.write()).await;
    }
}

/// Writes down the uses, observations and counts of the last requests, when no more can come; waits until `end` at the longest.
pub(super) async fn write_last_usage(service: &Service, end: tokio::time::Instant) {
    // Sign-ins and refusals wait for nobody. New addresses are observed only when the uses from them are written down.
    let seen = async {
        let observed = service.observations.write().await;
        let used = service.usage.write_all().await;
        observed.and(used).and(service.observations.write().await)
    };
    let writing = async {
        let (refreshed, seen, counts) = tokio::join!(
            service.refresh_token_uses.write(),
            seen,
            service.counter.write_all()
        );
        refreshed.and(seen).and(counts)
    };
    match tokio::time::timeout_at(end, Box::pin(writing)).await {
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

/// Follows the key files.
pub(super) async fn follow_keys(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "key_files",
        "the key files cannot be followed, and the keys in use sign on",
    );
    let mut reminded = (Instant::now(), Vec::new());
    loop {
        let following = service.clone();
        let follow = async {
            let follow = tokio::task::spawn_blocking(move || following.follow_keys());
            anyhow::Ok(follow.await??)
        };
        // A stop does not wait for it: another process may keep the folder's lock, and files are whole.
        let followed = tokio::select! {
            followed = step.run(follow) => followed,
            () = lifecycle.stopping() => return,
        };
        if let Some(warnings) = followed
            && (reminded.1 != warnings || reminded.0.elapsed() >= REMINDER)
        {
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
