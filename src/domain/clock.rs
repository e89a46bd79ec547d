//! Where the time comes from.

use chrono::{DateTime, SubsecRound, Utc};

/// A source of the current time, passed in so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// The current instant, with whatever precision the source has.
    fn instant(&self) -> DateTime<Utc>;

    /// The current instant in whole seconds: what is stored, compared and shown.
    ///
    /// The databases keep different fractions (SQLite nanoseconds, PostgreSQL microseconds,
    /// MySQL none), so that nothing finer survives a round trip.
    fn now(&self) -> DateTime<Utc> {
        self.instant().trunc_subsecs(0)
    }
}
