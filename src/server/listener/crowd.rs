//! The crowd of a listener: connections are asked to make room when there are no free places.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Says whether a listener is crowded.
#[derive(Debug, Default)]
pub(super) struct Crowding {
    /// A flag that says the same as the channel: that takes a lock to tell, which all requests would share.
    is_crowded: Arc<AtomicBool>,
    changes: watch::Sender<bool>,
}

/// Hears whether a listener is crowded.
#[derive(Debug, Clone)]
pub(super) struct Crowd {
    is_crowded: Arc<AtomicBool>,
    changes: watch::Receiver<bool>,
}

impl Crowding {
    pub(super) fn set(&self, is_crowded: bool) {
        self.is_crowded.store(is_crowded, Ordering::Release);
        self.changes
            .send_if_modified(|crowded| std::mem::replace(crowded, is_crowded) != is_crowded);
    }

    pub(super) fn listen(&self) -> Crowd {
        Crowd {
            is_crowded: Arc::clone(&self.is_crowded),
            changes: self.changes.subscribe(),
        }
    }
}

impl Crowd {
    /// True while the listener has no free places.
    pub(super) fn is_there(&self) -> bool {
        self.is_crowded.load(Ordering::Acquire)
    }

    /// Waits until the listener becomes crowded, or has room again.
    pub(super) async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            // The listener ends, and the lifecycle tells of that.
            std::future::pending::<()>().await;
        }
    }
}
