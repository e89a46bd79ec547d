//! Deletes what nobody needs any more, in parts.

use std::time::Duration;

use crate::app::{DeskError, PurgedPart};
use crate::config::Config;
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
/// The pause between two parts of a purge, in which changes go on.
const BREATH: Duration = Duration::from_millis(100);

/// Starts the tasks that delete.
pub(super) fn spawn(service: &Service, config: &Config, lifecycle: &Lifecycle) {
    let (of, run) = (|| service.clone(), || lifecycle.clone());
    lifecycle.spawn(changes(of(), run()));
    lifecycle.spawn(refresh_tokens(of(), config.refresh_tokens, run()));
    lifecycle.spawn(sessions(of(), config.sessions, run()));
    lifecycle.spawn(notices(of(), run()));
    if let Some(keep) = config.audit.keep {
        lifecycle.spawn(events(of(), keep, run()));
    }
    if let Some(keep) = config.usage.keep {
        lifecycle.spawn(usage(of(), keep, run()));
    }
}

/// Deletes the numbers of old changes.
async fn changes(service: Service, lifecycle: Lifecycle) {
    let consequence = "the numbers of old changes are not deleted";
    let mut step = RepeatedStep::new(service.health, "old_changes", consequence);
    let mut pause = START;
    while lifecycle.lasts(pause).await {
        let pruning = step.run(service.desk.prune_changes());
        lifecycle.until_stop(pruning).await;
        pause = step.pause(INTERVAL);
    }
}

/// Deletes refresh tokens that have ended.
async fn refresh_tokens(service: Service, lifetimes: RefreshLifetimes, lifecycle: Lifecycle) {
    let consequence = "refresh tokens that have ended are not deleted";
    let step = RepeatedStep::new(service.health, "refresh_tokens", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_refresh_tokens(&lifetimes, &pass);
    purge_in_parts((step, "refresh tokens that had ended"), purge, lifecycle).await;
}

/// Deletes sessions that have ended.
async fn sessions(service: Service, rules: SessionRules, lifecycle: Lifecycle) {
    let consequence = "sessions that have ended are not deleted";
    let step = RepeatedStep::new(service.health, "sessions", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_sessions(&rules, &pass);
    purge_in_parts((step, "sessions that had ended"), purge, lifecycle).await;
}

/// Deletes events that are older than `keep`.
async fn events(service: Service, keep: Duration, lifecycle: Lifecycle) {
    let consequence = "old events of the audit log are not deleted";
    let step = RepeatedStep::new(service.health, "old_events", consequence);
    let desk = service.desk;
    let purge = || desk.purge_audit_events(keep);
    purge_in_parts((step, "old events of the audit log"), purge, lifecycle).await;
}

/// Deletes usage that is older than `keep`.
async fn usage(service: Service, keep: Duration, lifecycle: Lifecycle) {
    let consequence = "the usage of old days is not deleted";
    let step = RepeatedStep::new(service.health, "old_usage", consequence);
    let desk = service.desk;
    let pass = PurgePass::default();
    let purge = || desk.purge_usage(keep, &pass);
    purge_in_parts((step, "the usage of old days"), purge, lifecycle).await;
}

/// Gives up notices that nobody sends, and deletes those that were finished long ago, also where no way for them is configured any
/// more.
async fn notices(service: Service, lifecycle: Lifecycle) {
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
    while lifecycle.lasts(pause).await {
        let Some(purged) = lifecycle.until_stop(step.run(purge())).await else {
            return;
        };
        let Some(purged) = purged else {
            pause = step.pause(INTERVAL);
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
