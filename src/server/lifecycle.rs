//! The stop of the service, in steps: unready, closed to new connections, and hard if that takes too long.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Shutdown;

/// The time that is left after a second signal: whoever sends it does not want to wait for a client or for the database.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Tells tasks when to end, and waits for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Lifecycle {
    stopping: CancellationToken,
    /// A flag that says the same: the token takes a lock to tell, which all requests would share.
    is_stopping: Arc<AtomicBool>,
    closing: CancellationToken,
    aborting: CancellationToken,
    tasks: TaskTracker,
    /// True if a defect that ended a task began the stop.
    is_broken: Arc<AtomicBool>,
}

/// The signals that ask for a stop, and those that mean something to other services; once they are installed, they no longer kill
/// the process.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// The one by which nginx, and images that are made after its, stop in good order.
    quit: Signal,
    /// None if whoever started the process had it ignore that one, as `nohup` does, and for the first process of a container, which
    /// ignores it by itself.
    hang_up: Option<Signal>,
    /// Those by which other services open their log files anew, or replace themselves.
    user: [Signal; 2],
}

/// A stop whose tasks are over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped {
    /// The number of tasks that had to be cut off.
    pub(super) cut_off: usize,
    /// True if the stop began because a defect ended a task.
    pub(super) is_broken: bool,
    /// The time at which the process ends in any case.
    pub(super) end: Instant,
}

impl Signals {
    /// Listens to SIGTERM, SIGINT, SIGQUIT and SIGHUP, and to SIGUSR1 and SIGUSR2, which stop nothing.
    pub(super) fn install() -> std::io::Result<Self> {
        let is_ignored = std::process::id() == 1 || ignores_hang_ups();
        let hang_up = (!is_ignored).then(|| signal(SignalKind::hangup()));
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: hang_up.transpose()?,
            user: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
            ],
        })
    }

    /// Waits for a signal that asks for a stop.
    pub(super) async fn next(&mut self) {
        let hung_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
            _ = hung_up => {}
            () = tell_of(&mut self.user) => {}
        }
    }

    /// Waits for a second signal, of somebody who wants an end at once. A terminal that is closed sends SIGHUP twice, and says
    /// nothing with the second.
    async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }

    /// Waits until a second signal has come, and what is left may take no longer.
    pub(super) async fn last_moment(&mut self) {
        self.again().await;
        sleep(LAST_MOMENT).await;
    }
}

/// Tells of each of these signals, and never ends: whoever sends one waits for something that does not happen.
async fn tell_of([first, second]: &mut [Signal; 2]) {
    loop {
        let name = tokio::select! {
            _ = first.recv() => "SIGUSR1",
            _ = second.recv() => "SIGUSR2",
        };
        tracing::warn!(
            "{name} changes nothing here: certificates and keys are followed without a signal, a log file is rotated with \
             `copytruncate`, and SIGTERM stops the service"
        );
    }
}

/// True if the process was started with SIGHUP ignored. Linux tells, in a mask with a bit for each signal.
fn ignores_hang_ups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.map(|mask| u64::from_str_radix(mask.trim(), 16));
    mask.is_some_and(|mask| mask.is_ok_and(|mask| mask & 1 == 1))
}

impl Lifecycle {
    /// Runs a task that a stop waits for. A defect in it stops the service, which would go on without a listener, or without what
    /// nobody misses for days; whatever started the service starts it again.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.clone();
        let task = AssertUnwindSafe(task).catch_unwind();
        self.tasks.spawn(task.map(move |ended| {
            // A stop that has begun is not the defect's doing.
            if ended.is_err() && !lifecycle.is_stopping() {
                lifecycle.is_broken.store(true, Ordering::Release);
                lifecycle.stop();
            }
        }));
    }

    /// Runs a task that a stop waits for, and without which the service goes on, such as a connection.
    pub(super) fn spawn_apart(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// The tasks that a stop waits for.
    pub(super) fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Begins the stop: the service is unready, and connections end with their reply.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.stopping.cancel();
    }

    /// True once the stop has begun.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Waits until the stop begins.
    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// The outcome of `work`; none if a stop begins before there is one.
    pub(super) async fn until_stop<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.stopping() => None,
        }
    }

    /// The same for work that has so long after a stop began, but no longer than a hard stop leaves it.
    pub(super) async fn until_stop_and<T>(
        &self,
        longer: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.stopping().then(|()| sleep(longer)) => None,
            () = self.aborting() => None,
        }
    }

    /// Waits for so long; false if a stop begins meanwhile.
    pub(super) async fn lasts(&self, pause: Duration) -> bool {
        self.until_stop(sleep(pause)).await.is_some()
    }

    /// Lets `work` go on until no more connections are accepted.
    pub(super) async fn until_closing(&self, work: impl Future<Output = ()>) {
        tokio::select! {
            () = work => {}
            () = self.closing() => {}
        }
    }

    /// Waits until no more connections are accepted.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Waits until the hard stop begins.
    pub(super) async fn aborting(&self) {
        self.aborting.cancelled().await;
    }

    /// Waits for a signal or [`Lifecycle::stop`], then for the tasks: as long as `shutdown` allows, or until a
    /// second signal.
    pub(super) async fn run(self, signals: &mut Signals, shutdown: Shutdown) -> Stopped {
        tokio::select! {
            () = signals.next() => {}
            () = self.stopping() => {}
        }
        let end = Instant::now() + shutdown.grace;
        let hard = end - shutdown.close();
        tracing::info!("stopping: finishing the requests in flight");
        self.stop();
        let mut is_told_again = tokio::select! {
            () = sleep(shutdown.delay) => false,
            () = sleep_until(hard) => false,
            () = signals.again() => true,
        };
        self.closing.cancel();
        self.tasks.close();
        tokio::select! {
            biased;
            () = self.tasks.wait() => {}
            () = std::future::ready(()), if is_told_again => {}
            () = sleep_until(hard) => {}
            () = signals.again() => is_told_again = true,
        }
        let cut_off = self.tasks.len();
        self.aborting.cancel();
        let end = if is_told_again {
            end.min(Instant::now() + LAST_MOMENT)
        } else {
            end
        };
        // A task that ignores even the hard stop is given up.
        tokio::select! {
            biased;
            _ = timeout_at(end, self.tasks.wait()) => {}
            () = signals.last_moment() => {}
        }
        Stopped {
            cut_off,
            is_broken: self.is_broken.load(Ordering::Acquire),
            end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time that is left belongs to the last writes.
    #[tokio::test]
    async fn a_hard_stop_waits_for_nothing_that_a_stop_leaves_some_time() {
        let (lifecycle, long) = (Lifecycle::default(), Duration::from_mins(1));
        let waiting = lifecycle.clone();
        lifecycle.spawn(async move {
            waiting.until_stop_and(long, pending::<()>()).await;
        });
        let mut signals = Signals::install().unwrap();
        lifecycle.stop();
        let shutdown = Shutdown {
            delay: Duration::ZERO,
            grace: Duration::from_secs(1),
        };
        let stopped = lifecycle.run(&mut signals, shutdown).await;
        assert!(Instant::now() < stopped.end);
    }

    /// A service without one of its listeners would look alive to whatever watches it.
    #[tokio::test]
    async fn a_task_that_a_defect_ends_stops_the_service_and_a_connection_does_not() {
        let shutdown = Shutdown {
            delay: Duration::ZERO,
            grace: Duration::from_secs(1),
        };
        for (is_task, is_stopping) in [(true, false), (false, false), (true, true)] {
            let lifecycle = Lifecycle::default();
            let defect = async { panic!("on purpose") };
            if is_stopping {
                lifecycle.stop();
            }
            if is_task {
                lifecycle.spawn(defect);
            } else {
                lifecycle.spawn_apart(defect);
                lifecycle.lasts(Duration::from_millis(50)).await;
                assert!(!lifecycle.is_stopping());
                lifecycle.stop();
            }
            let mut signals = Signals::install().unwrap();
            let stopped = lifecycle.run(&mut signals, shutdown).await;
            assert_eq!(stopped.is_broken, is_task && !is_stopping);
        }
    }
}
