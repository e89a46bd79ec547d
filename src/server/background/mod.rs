//! Tasks that run beside the requests; they end when a stop begins.

mod key_files;
mod live_keys;
mod purges;
mod records;

use std::time::Duration;

pub(super) use records::write_last;

use crate::config::Config;
use crate::http::layers::Health;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;
use crate::server::{Service, follow, notices};

/// Starts the tasks.
pub(super) fn spawn(service: &Service, config: &Config, lifecycle: &Lifecycle) {
    let (of, run) = (|| service.clone(), || lifecycle.clone());
    lifecycle.spawn(close_when_stopping(service.health.clone(), run()));
    follow::spawn(service, lifecycle);
    notices::spawn(service, lifecycle);
    purges::spawn(service, config, lifecycle);
    lifecycle.spawn(key_files::follow(of(), run()));
    lifecycle.spawn(live_keys::compare(of(), run()));
    lifecycle.spawn(count_expiring_tokens(of(), run()));
    lifecycle.spawn(heal_changes(of(), run()));
    lifecycle.spawn(records::write_uses(of(), run()));
    lifecycle.spawn(records::write_counts(of(), run()));
}

async fn close_when_stopping(health: Health, lifecycle: Lifecycle) {
    lifecycle.stopping().await;
    health.close();
}

/// The pause between two counts of tokens that end soon.
const COUNT_INTERVAL: Duration = Duration::from_mins(10);

/// Counts the tokens that end soon.
async fn count_expiring_tokens(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "expiring_tokens",
        "tokens that end soon are not counted",
    );
    loop {
        let counting = step.run(service.count_expiring_tokens());
        lifecycle.until_stop(counting).await;
        if !lifecycle.lasts(step.pause(COUNT_INTERVAL)).await {
            return;
        }
    }
}

/// The pause between two looks at whether changes can be made again.
const HEALING_INTERVAL: Duration = Duration::from_secs(1);

/// Tries to make a change of nothing for as long as changes fail, so that the operator sees that and why, and it is over
/// without anybody's change.
async fn heal_changes(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(service.health, "changes", "no change can be made");
    while lifecycle.lasts(HEALING_INTERVAL).await {
        // Not ended by a stop: it is bounded, and a transaction must come to its end.
        if step.is_failing() || service.db.changes_failing().is_some() {
            step.run(service.db.try_to_change()).await;
        }
    }
}
