//! Warnings that many connections may cause.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The pause between two warnings about the same thing.
const PAUSE: Duration = Duration::from_mins(1);

/// Lets one warning a minute through.
#[derive(Debug, Default)]
pub(super) struct Warnings(Mutex<Option<Instant>>);

impl Warnings {
    /// True if the last warning is a minute old.
    pub(super) fn may_warn(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| last.elapsed() >= PAUSE);
        if may {
            *last = Some(Instant::now());
        }
        may
    }
}
