//! What runs beside the requests; it ends when a stop begins.

use std::time::{Duration, Instant};

use super::Service;
use super::lifecycle::Lifecycle;
use crate::app::Desk;
use crate::domain::refresh_token::RefreshLifetimes;

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
/// How often a warning is logged that still holds.
const REMINDER: Duration = Duration::from_hours(24);

/// Follows the key files. What goes wrong is logged once, not every time; the old keys sign on.
pub(super) async fn follow_keys(service: Service, lifecycle: Lifecycle) {
    let (mut known_problem, mut reminded) = (None, None::<Instant>);
    loop {
        let following = service.clone();
        let followed = tokio::task::spawn_blocking(move || following.follow_keys()).await;
        let (warning, problem) = match followed {
            Ok(Ok(warning)) => (warning, None),
            Ok(Err(error)) => (None, Some(error.to_string())),
            Err(error) => (None, Some(error.to_string())),
        };
        if let Some(problem) = &problem
            && known_problem.as_ref() != Some(problem)
        {
            tracing::error!(error = %problem, "the key files cannot be followed; the keys in use sign on");
        }
        known_problem = problem;
        if let Some(warning) = warning
            && reminded.is_none_or(|reminded| reminded.elapsed() >= REMINDER)
        {
            tracing::warn!("{warning}");
            reminded = Some(Instant::now());
        }
        tokio::select! {
            () = tokio::time::sleep(KEY_INTERVAL) => {}
            () = lifecycle.stopping() => return,
        }
    }
}
