//! Writes down what requests noted: uses of tokens, sign-ins, refusals and counts.

use std::time::Duration;

use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;

/// The pause between two writes of tokens' uses, and two looks at whether counts are due.
const INTERVAL: Duration = Duration::from_secs(1);

/// Writes down when and from where tokens are used, and who signed in or was refused.
pub(super) async fn write_uses(service: Service, lifecycle: Lifecycle) {
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
    while lifecycle.lasts(INTERVAL).await {
        step.run(service.access_token_uses.write()).await;
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
    while lifecycle.lasts(INTERVAL).await {
        step.run(service.counter.write()).await;
    }
}

/// Writes down the uses, observations and counts of the last requests, when no more can come; waits until `end` at the longest.
pub(in crate::server) async fn write_last(service: &Service, end: tokio::time::Instant) {
    // Sign-ins and refusals wait for nobody. New addresses are observed only when the uses from them are written down.
    let seen = async {
        let observed = service.observations.write_all().await;
        let used = service.access_token_uses.write_all().await;
        observed
            .and(used)
            .and(service.observations.write_all().await)
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
    let untold = service.observations.give_up_returns();
    if untold > 0 {
        tracing::warn!(
            untold,
            "nobody was told of {untold} ended tokens that were presented again: no way of notices had room"
        );
    }
}
