//! What runs beside the requests; it ends when a stop begins.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle::Lifecycle;
use super::world::{SystemClock, SystemEntropy};
use crate::app::Desk;
use crate::domain::clock::Clock;
use crate::domain::refresh_token::RefreshLifetimes;
use crate::signing::KeyRing;

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

/// How often the key files are looked at: `keys rotate` promises five seconds.
const KEY_INTERVAL: Duration = Duration::from_secs(2);

/// Follows the key files. What goes wrong is logged once, not every time; the old keys sign on.
pub(super) async fn follow_keys(keys: Arc<KeyRing>, lifecycle: Lifecycle) {
    let mut known_problem = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(KEY_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
        let ring = Arc::clone(&keys);
        let followed =
            tokio::task::spawn_blocking(move || ring.follow(SystemClock.now(), &SystemEntropy))
                .await;
        let problem = match followed {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = &problem
            && known_problem.as_ref() != Some(problem)
        {
            tracing::error!(error = %problem, "the key files cannot be followed; the keys in use sign on");
        }
        known_problem = problem;
    }
}
