//! The real clock and the real randomness, which tests replace.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use uuid::Uuid;

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

/// The ids for which random bytes are fetched together.
const IDS: usize = 64;

thread_local! {
    static FETCHED: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
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

    /// From bytes that were fetched for many ids together: asking the system each time takes longer than all else about an id.
    fn id(&self) -> Uuid {
        let bytes = FETCHED.with_borrow_mut(|fetched| {
            if fetched.is_empty() {
                let mut more = [[0; 16]; IDS];
                self.fill(more.as_flattened_mut());
                fetched.extend(more);
            }
            fetched.pop().unwrap_or_default()
        });
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}
