//! Follows the key files, which other replicas and commands change too.

use std::time::{Duration, Instant};

use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;

/// The pause between two looks at the key files: `keys rotate` promises five seconds.
const INTERVAL: Duration = Duration::from_secs(2);
/// The pause between two log lines of a warning that still holds.
const REMINDER: Duration = Duration::from_hours(24);

/// Follows the key files.
pub(super) async fn follow(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(
        service.health.clone(),
        "key_files",
        "the key files cannot be followed, and the keys in use sign on",
    );
    let mut reminded = (Instant::now(), Vec::new());
    loop {
        let following = service.clone();
        let following = tokio::task::spawn_blocking(move || following.follow_keys());
        let follow = async { anyhow::Ok(following.await??) };
        // A stop does not wait for it: another process may keep the folder's lock, and files are whole.
        let Some(followed) = lifecycle.until_stop(step.run(follow)).await else {
            return;
        };
        if let Some(warnings) = followed
            && (reminded.1 != warnings || reminded.0.elapsed() >= REMINDER)
        {
            for warning in &warnings {
                tracing::warn!("{warning}");
            }
            reminded = (Instant::now(), warnings);
        }
        if !lifecycle.lasts(INTERVAL).await {
            return;
        }
    }
}
