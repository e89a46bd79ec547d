//! What runs beside the requests; it ends when a stop begins.

use std::time::Duration;

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
