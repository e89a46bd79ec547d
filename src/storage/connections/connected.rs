//! The moment at which a question has its connection: until then it waits for the pool, and from then on for the answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

tokio::task_local! {
    /// The question that a pool works for.
    static ASKED: Connected;
}

/// Learns from the pool when a question has its connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Connected(Arc<Notify>);

impl Connected {
    /// Notes that the question at hand has its connection; pools do this (`server::set_up`).
    pub(super) fn note() {
        // Outside of any question nobody wants to know it.
        let _ = ASKED.try_with(|asked| asked.0.notify_one());
    }

    /// The answer to a question whose connection is noted here.
    pub(super) async fn noted_in<T>(&self, answer: impl Future<Output = T>) -> T {
        ASKED.scope(self.clone(), answer).await
    }

    /// Waits until the question has had its connection for so long.
    pub(super) async fn for_longer_than(&self, limit: Duration) {
        self.0.notified().await;
        sleep(limit).await;
    }
}
