//! Time and randomness that repeat.

use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};
use wharfinger::domain::clock::Clock;
use wharfinger::domain::entropy::Entropy;

/// A clock that stands still until a test moves it.
pub(crate) struct FixedClock(Mutex<DateTime<Utc>>);

impl Default for FixedClock {
    fn default() -> Self {
        Self(Mutex::new("2026-03-14T15:09:26.535Z".parse().unwrap()))
    }
}

impl FixedClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for FixedClock {
    fn instant(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Bytes of a small generator (splitmix64): different each time, the same in each run.
#[derive(Default)]
pub(crate) struct SeededEntropy(Mutex<u64>);

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for byte in buffer {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed ^ (mixed >> 31)).to_le_bytes()[0];
        }
    }
}
