//! Times by which the age of copies is measured.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A time since the start of the machine, also while it was suspended. For the clock of `std::time::Instant` no time passes then:
/// after a night copies would look a second old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BootTime(Duration);

impl BootTime {
    /// The time now.
    pub(super) fn now() -> Self {
        let now = clock_gettime(ClockId::Boottime);
        // No machine starts later than now.
        Self(Duration::try_from(now).unwrap_or_default())
    }

    /// The time that has passed since `earlier`, or zero if that is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The time that has passed until now.
    pub(super) fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// The time as a number, in microseconds; never zero.
    pub(super) fn to_micros(self) -> u64 {
        u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX).max(1)
    }

    /// The time with that number.
    pub(super) fn from_micros(micros: u64) -> Self {
        Self(Duration::from_micros(micros))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread::sleep;

    use super::*;

    /// The system's own account of the time since the start, suspended or not, in seconds.
    fn uptime() -> f64 {
        let text = fs::read_to_string("/proc/uptime").unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn it_is_the_time_since_the_start_of_the_machine() {
        let (before, now, after) = (uptime(), BootTime::now(), uptime());
        // The account has hundredths of a second.
        let now = now.0.as_secs_f64();
        assert!(before - 0.02 <= now && now <= after + 0.02, "{now}");
    }

    #[test]
    fn it_goes_on_and_never_back() {
        let begin = BootTime::now();
        sleep(Duration::from_millis(20));
        assert!(begin.elapsed() >= Duration::from_millis(20));
        assert!(BootTime::now() > begin);
        assert_eq!(begin.since(BootTime::now()), Duration::ZERO);
    }

    #[test]
    fn its_number_is_never_later() {
        let now = BootTime::now();
        let again = BootTime::from_micros(now.to_micros());
        assert!(again <= now && now.since(again) < Duration::from_micros(1));
        assert_eq!(BootTime::from_micros(0).to_micros(), 1, "zero is for never");
    }
}
