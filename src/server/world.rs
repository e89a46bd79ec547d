//! The real clock and the real randomness, which tests replace.

use chrono::{DateTime, Utc};

use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock that others are given"
    )]
    fn instant(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Entropy that others are given"
    )]
    #[expect(
        clippy::expect_used,
        reason = "without randomness no secret may be made: going on is worse than ending"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
