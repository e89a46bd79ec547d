//! The stop of the service: soft first, hard when that takes too long.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The time that tasks have to end after a hard stop began.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Tells tasks when to end, and waits for them.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

/// The signals that ask for a stop; once they are installed, they no longer kill the process.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens to SIGTERM and SIGINT.
    pub fn install() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Lifecycle {
    /// Runs a task that a stop waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// The tasks that a stop waits for.
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Begins the soft stop: no new work, requests under way are finished.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Waits until the soft stop begins.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Waits until the hard stop begins.
    pub async fn aborting(&self) {
        self.hard.cancelled().await;
    }

    /// Waits for a signal or [`Lifecycle::stop`], then for the tasks: at most `grace`, or until a
    /// second signal. True if all of them finished.
    pub async fn run(self, mut signals: Signals, grace: Duration) -> bool {
        tokio::select! {
            () = signals.next() => {}
            () = self.soft.cancelled() => {}
        }
        tracing::info!("stopping: finishing the requests in flight");
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::select! {
            () = self.tasks.wait() => true,
            () = tokio::time::sleep(grace) => false,
            () = signals.next() => false,
        };
        self.hard.cancel();
        // A task that ignores even the hard stop is given up.
        let _ = tokio::time::timeout(LAST_WAIT, self.tasks.wait()).await;
        finished
    }
}
