//! The source of the time.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// The most by which the clock of another process is ahead. What is later was written while a clock was wrong.
pub const AHEAD: TimeDelta = TimeDelta::minutes(10);

/// A source of the current time, passed in so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// The current instant, in the precision of the source.
    fn instant(&self) -> DateTime<Utc>;

    /// The current instant in whole seconds, for everything that is stored, compared or shown.
    ///
    /// The databases keep different fractions (SQLite nanoseconds, PostgreSQL microseconds, MySQL
    /// none), so nothing finer would survive a round trip.
    fn now(&self) -> DateTime<Utc> {
        self.instant().trunc_subsecs(0)
    }
}
