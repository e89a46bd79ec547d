//! A step that a background task repeats: a failure is logged once, and the operator sees it until it is over.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::http::layers::Health;

/// The time after which a step that does not end counts as stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time from one look at the consequence of a failure to the next, while the step goes on failing.
const RECHECK: Duration = Duration::from_millis(250);

/// The longest pause after a failure: the operator looks at the check that fails, and another instance may have been at the same rows.
const AGAIN: Duration = Duration::from_mins(1);

/// The text of a failure that is nobody's but ours.
pub(super) const DEFECT: &str =
    "a defect of the service, whose place the log names; please report it";

/// Does a part of a background task, of which a defect is a failure as any other one: the task would else be gone for good.
pub(super) fn caught<T, E: Into<anyhow::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = anyhow::Result<T>> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .map(|ended| match ended {
            Ok(done) => done.map_err(Into::into),
            Err(_panic) => Err(anyhow::anyhow!(DEFECT)),
        })
}

/// A step of a background task.
pub(super) struct RepeatedStep {
    health: Health,
    /// The name of the check on `/readyz` of ops, which is there while the step fails.
    subject: &'static str,
    /// The consequence of a failure, for people; it may become another one while the step fails.
    consequence: Box<dyn Fn() -> &'static str + Send + Sync>,
    failing: Option<Failure>,
}

/// A failure that goes on, as it was told.
struct Failure {
    since: Instant,
    consequence: &'static str,
    error: String,
}

impl RepeatedStep {
    pub(super) fn new(health: Health, subject: &'static str, consequence: &'static str) -> Self {
        Self::telling(health, subject, move || consequence)
    }

    /// A step whose failure has a consequence that may change while it lasts; each is logged once.
    pub(super) fn telling(
        health: Health,
        subject: &'static str,
        consequence: impl Fn() -> &'static str + Send + Sync + 'static,
    ) -> Self {
        Self {
            health,
            subject,
            consequence: Box::new(consequence),
            failing: None,
        }
    }

    /// Does the step once; none if it failed. One that does not end is waited for, and told.
    pub(super) async fn run<T, E: Into<anyhow::Error>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        let (mut work, begin) = (Box::pin(caught(work)), Instant::now());
        loop {
            let pause = self.failing.as_ref().map_or(PATIENCE, |_| RECHECK);
            match timeout(pause, &mut work).await {
                Ok(Ok(done)) => {
                    self.succeeded();
                    return Some(done);
                }
                Ok(Err(error)) => {
                    // With its causes, which the operator needs.
                    self.failed(begin, format!("{error:#}"));
                    return None;
                }
                Err(_) if begin.elapsed() >= PATIENCE => {
                    self.failed(begin, "it does not come to an end".to_owned());
                }
                Err(_) => self.look_again(),
            }
        }
    }

    /// True if the step failed the last time.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// The pause before the next time: `interval`, but no long one after a failure.
    pub(super) fn pause(&self, interval: Duration) -> Duration {
        if self.is_failing() {
            interval.min(AGAIN)
        } else {
            interval
        }
    }

    /// Tells the consequence as it is by now.
    fn look_again(&mut self) {
        if let Some(failure) = &self.failing {
            self.failed(failure.since, failure.error.clone());
        }
    }

    /// Tells a failure of a step that began then: it has failed for as long, if the one before did not.
    fn failed(&mut self, begin: Instant, error: String) {
        let consequence = (self.consequence)();
        let before = self.failing.as_ref();
        if before.is_none_or(|before| before.consequence != consequence) {
            tracing::warn!(error, "{consequence}");
        }
        let since = before.map_or(begin, |before| before.since);
        let text = format!("{consequence}: {error}");
        self.health.failing(self.subject, text, since);
        self.failing = Some(Failure {
            since,
            consequence,
            error,
        });
    }

    fn succeeded(&mut self) {
        if let Some(failure) = self.failing.take() {
            let seconds = failure.since.elapsed().as_secs();
            tracing::info!(seconds, "over after {seconds} s: {}", failure.consequence);
            self.health.forget(self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use tokio::time::sleep;

    use super::*;

    /// A question to a database that is silent fails some seconds after it began, and nothing has been known since then.
    #[tokio::test]
    async fn a_failure_began_when_its_step_did() {
        let health = Health::new(|| Box::pin(async { Ok(()) }));
        let mut step = RepeatedStep::new(health, "copies", "copies grow old");
        let begin = Instant::now();
        let silent = async {
            sleep(Duration::from_millis(100)).await;
            Err::<(), _>(anyhow::anyhow!("no answer"))
        };
        assert_eq!(step.run(silent).await, None);
        let since = step.failing.as_ref().map(|failing| failing.since);
        let first = since.map(|since| since - begin);
        assert!(first.is_some_and(|first| first < Duration::from_millis(90)));
        let again = async { Err::<(), _>(anyhow::anyhow!("no answer")) };
        assert_eq!(step.run(again).await, None);
        let now = step.failing.as_ref().map(|failing| failing.since);
        assert_eq!(now, since, "it goes on");
    }

    /// A task that a defect ended would be gone, and nobody would know.
    #[tokio::test]
    async fn a_defect_is_told_and_the_next_try_may_succeed() {
        let health = Health::new(|| Box::pin(async { Ok(()) }));
        let mut step = RepeatedStep::new(health.clone(), "copies", "copies grow old");
        let failing = || health.checks().iter().any(|check| check.is_failing);
        let defect = poll_fn(|_| -> Poll<anyhow::Result<()>> { panic!("on purpose") });
        assert_eq!(step.run(defect).await, None);
        assert!(failing());
        assert_eq!(step.run(async { anyhow::Ok(()) }).await, Some(()));
        assert!(!failing());
    }

    /// A failure that is over before the next try would else be told until then.
    #[tokio::test]
    async fn after_a_failure_a_step_is_tried_again_soon() {
        let health = Health::new(|| Box::pin(async { Ok(()) }));
        let mut step = RepeatedStep::new(health, "copies", "copies grow old");
        let (hour, second) = (Duration::from_hours(1), Duration::from_secs(1));
        let pauses = |step: &RepeatedStep| [hour, second].map(|interval| step.pause(interval));
        assert_eq!(pauses(&step), [hour, second]);
        let fails = async { Err::<(), _>(anyhow::anyhow!("no answer")) };
        step.run(fails).await;
        assert_eq!(pauses(&step), [AGAIN, second]);
        step.run(async { anyhow::Ok(()) }).await;
        assert_eq!(pauses(&step), [hour, second]);
    }
}
