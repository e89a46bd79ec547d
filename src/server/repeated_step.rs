//! A step that a background task repeats: a failure is logged once, and the operator sees it until it is over.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::http::layers::Health;

/// The time after which a step that does not end counts as stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// A step of a background task.
pub(super) struct RepeatedStep {
    health: Health,
    /// The name of the check on `/readyz` of ops, which is there while the step fails.
    subject: &'static str,
    /// The consequence of a failure, for people.
    consequence: &'static str,
    failing: Option<Instant>,
}

impl RepeatedStep {
    pub(super) fn new(health: Health, subject: &'static str, consequence: &'static str) -> Self {
        Self {
            health,
            subject,
            consequence,
            failing: None,
        }
    }

    /// Does the step once; none if it failed. One that does not end is waited for, and told.
    pub(super) async fn run<T, E: Into<anyhow::Error>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            match timeout(PATIENCE, &mut work).await {
                Ok(Ok(done)) => {
                    self.succeeded();
                    return Some(done);
                }
                Ok(Err(error)) => {
                    // With its causes, which the operator needs.
                    self.failed(&format!("{:#}", error.into()));
                    return None;
                }
                Err(_) => self.failed("it does not come to an end"),
            }
        }
    }

    /// True if the step failed the last time.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    fn failed(&mut self, error: &str) {
        if self.failing.is_none() {
            tracing::warn!(error, "{}", self.consequence);
        }
        let since = *self.failing.get_or_insert_with(Instant::now);
        let text = format!("{}: {error}", self.consequence);
        self.health.failing(self.subject, text, since);
    }

    fn succeeded(&mut self) {
        if let Some(since) = self.failing.take() {
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "over after {seconds} s: {}", self.consequence);
            self.health.forget(self.subject);
        }
    }
}
