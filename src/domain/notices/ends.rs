//! The ends of tokens that are told beforehand: some days before, once each.

use chrono::{DateTime, TimeDelta, Utc};

/// The numbers of days before a token's end at which its people are told, rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysBefore(Vec<u32>);

/// The ends that are told now, for one of the numbers of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndWindow {
    /// The number of days.
    pub days: u32,
    /// The instant after which the ends are.
    pub after: DateTime<Utc>,
    /// The last instant at which they are.
    pub until: DateTime<Utc>,
}

/// The most days before an end.
pub const MOST_DAYS: u32 = 365;

/// The pause between two looks at the ends of tokens.
const PAUSE: TimeDelta = TimeDelta::hours(1);

impl DaysBefore {
    /// These numbers of days, of which none should be above [`MOST_DAYS`].
    pub fn new(days: impl IntoIterator<Item = u32>) -> Self {
        let mut days: Vec<u32> = days.into_iter().collect();
        days.sort_unstable();
        days.dedup();
        Self(days)
    }

    /// The ends to tell of at `now`, after a look at `before`. An end that several numbers of days have come to is in
    /// the window of the smallest.
    ///
    /// A look that was in the future, by a clock that was wrong, has seen nothing yet of the time after `now`.
    pub fn windows(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Vec<EndWindow> {
        let mut told_until = now;
        let mut windows = Vec::new();
        for &days in &self.0 {
            let ahead = TimeDelta::days(days.into());
            let (after, until) = ((before.min(now) + ahead).max(told_until), now + ahead);
            windows.push(EndWindow { days, after, until });
            told_until = until;
        }
        windows
    }
}

impl EndWindow {
    /// True if a token that was made at `created_at` and ends at `end` had longer to live than these days: nobody is told
    /// what they have just chosen.
    pub fn lies_ahead(&self, created_at: DateTime<Utc>, end: DateTime<Utc>) -> bool {
        created_at < end - TimeDelta::days(self.days.into())
    }
}

/// The days from `now` to `end`, begun ones too, but at most `days`, those before the end at which it is told: after a pause of the
/// service, or of the other side, there are fewer.
pub fn days_left(days: u32, end: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = (end - now).num_seconds().max(0);
    let left = u32::try_from(seconds.saturating_add(DAY - 1) / DAY).unwrap_or(u32::MAX);
    left.min(days)
}

/// True if it is time for the next look, after one at `before`; also if that one was by a clock that was far ahead.
pub fn is_look_due(before: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - before).abs() >= PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + hours * 3600, 0).unwrap()
    }

    fn told(windows: &[EndWindow], end: DateTime<Utc>) -> Vec<u32> {
        let has_it = windows
            .iter()
            .filter(|window| window.after < end && end <= window.until);
        has_it.map(|window| window.days).collect()
    }

    #[test]
    fn each_end_is_told_once_for_each_number_of_days() {
        let days = DaysBefore::new([30, 7, 1, 7]);
        let end = at(1000 * 24);
        let mut all = Vec::new();
        for hour in 960 * 24..1001 * 24 {
            let now = at(hour);
            for days in told(&days.windows(at(hour - 1), now), end) {
                all.push((days, (end - now).num_hours()));
            }
        }
        assert_eq!(all, [(30, 30 * 24), (7, 7 * 24), (1, 24)]);
    }

    #[test]
    fn after_a_long_pause_only_the_nearest_number_is_told() {
        let days = DaysBefore::new([30, 7, 1]);
        let windows = days.windows(at(0), at(60 * 24));
        assert_eq!(told(&windows, at(60 * 24)), Vec::<u32>::new());
        assert_eq!(told(&windows, at(60 * 24 + 5)), [1]);
        assert_eq!(told(&windows, at(65 * 24)), [7]);
        assert_eq!(told(&windows, at(80 * 24)), [30]);
    }

    #[test]
    fn a_clock_that_was_ahead_is_set_right() {
        let days = DaysBefore::new([1]);
        let (ahead, now) = (at(10_000), at(0));
        assert!(is_look_due(ahead, now) && !is_look_due(now, at(0)));
        assert!(is_look_due(now, at(1)));
        assert_eq!(told(&days.windows(ahead, now), at(24)), Vec::<u32>::new());
    }

    #[test]
    fn a_short_life_is_not_told_of() {
        let window = EndWindow {
            days: 7,
            after: at(0),
            until: at(1),
        };
        assert!(window.lies_ahead(at(0), at(7 * 24 + 1)));
        assert!(!window.lies_ahead(at(0), at(7 * 24)));
    }

    #[test]
    fn the_days_that_are_left_are_told_after_a_pause_too() {
        assert_eq!(days_left(7, at(7 * 24), at(0)), 7);
        assert_eq!(days_left(7, at(6 * 24 + 1), at(0)), 7, "a begun one");
        assert_eq!(days_left(7, at(2 * 24), at(0)), 2);
        assert_eq!(days_left(7, at(0), at(5)), 0);
    }
}
