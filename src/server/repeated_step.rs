//! A step that a background task repeats: a failure is logged once, and the operator sees it until it is over.

use std::fmt;
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
    pub(super) async fn run<T, E: fmt::Display>(
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
                    self.failed(&error);
                    return None;
                }
                Err(_) => self.failed(&"it does not come to an end"),
            }
        }
    }

    fn failed(&mut self, error: &dyn fmt::Display) {
        if self.failing.is_none() {
            tracing::warn!(%error, "{}", self.consequence);
        }
        let since = self.failing.get_or_insert_with(Instant::now);
        let seconds = since.elapsed().as_secs();
        let text = format!("{}: {error}; for {seconds} s", self.consequence);
        self.health.notice(self.subject, text);
    }

    fn succeeded(&mut self) {
        if let Some(since) = self.failing.take() {
            let seconds = since.elapsed().as_secs();
            tracing::info!(seconds, "over after {seconds} s: {}", self.consequence);
            self.health.forget(self.subject);
        }
    }
}
