//! Times on pages.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::timestamp;

/// A time, which the script shows in the reader's zone. It is exact, and in UTC, when the pointer is on it and without the script.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::web) struct ShownTime(pub(in crate::http::web) DateTime<Utc>);

impl fmt::Display for ShownTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = timestamp::seconds(self.0);
        let whole = self.0.format("%Y-%m-%d %H:%M:%S UTC");
        let short = self.0.format("%Y-%m-%d %H:%M UTC");
        write!(
            f,
            "<time datetime=\"{exact}\" title=\"{whole}\">{short}</time>"
        )
    }
}

/// It consists of digits and words of ours.
impl HtmlSafe for ShownTime {}

/// A time of which only the day is shown, where there is little room. What ends with a day of UTC, because a date was chosen, is shown as
/// that date to everybody.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::web) struct ShownDay(pub(in crate::http::web) DateTime<Utc>);

impl fmt::Display for ShownDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.format("%Y-%m-%d %H:%M:%S UTC");
        let day = self.0.format("%Y-%m-%d");
        let exact = if self.0.time() == NaiveTime::MIN {
            day.to_string()
        } else {
            timestamp::seconds(self.0)
        };
        write!(
            f,
            "<time datetime=\"{exact}\" title=\"{whole}\" data-day>{day}</time>"
        )
    }
}

/// It consists of digits and words of ours.
impl HtmlSafe for ShownDay {}

/// The time from `now` to a later instant, in words such as `in 5 days`, to the nearest.
pub(in crate::http::web) fn until(instant: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let left: TimeDelta = instant - now;
    let nearest = |unit: TimeDelta| (left + unit / 2).num_seconds() / unit.num_seconds();
    let (minute, hour, day) = (
        TimeDelta::minutes(1),
        TimeDelta::hours(1),
        TimeDelta::days(1),
    );
    let (number, unit) = if left < hour - minute / 2 {
        (nearest(minute).max(1), "minute")
    } else if left < day - hour / 2 {
        (nearest(hour), "hour")
    } else {
        (nearest(day), "day")
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("in {number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_exact_time_beside_it() {
        let at = "2026-03-04T05:06:07Z".parse().unwrap();
        assert_eq!(
            ShownDay(at).to_string(),
            "<time datetime=\"2026-03-04T05:06:07Z\" title=\"2026-03-04 05:06:07 UTC\" data-day>2026-03-04</time>"
        );
        let date = "2026-03-04T00:00:00Z".parse().unwrap();
        assert_eq!(
            ShownDay(date).to_string(),
            "<time datetime=\"2026-03-04\" title=\"2026-03-04 00:00:00 UTC\" data-day>2026-03-04</time>"
        );
    }

    #[test]
    fn the_time_that_is_left_is_told_in_its_largest_unit() {
        let now = DateTime::UNIX_EPOCH;
        for (seconds, words) in [
            (1, "in 1 minute"),
            (89, "in 1 minute"),
            (90, "in 2 minutes"),
            (3569, "in 59 minutes"),
            (3570, "in 1 hour"),
            (84_599, "in 23 hours"),
            (84_600, "in 1 day"),
            (86_400, "in 1 day"),
            (2 * 86_400 - 1, "in 2 days"),
            (7 * 86_400, "in 7 days"),
        ] {
            assert_eq!(until(now + TimeDelta::seconds(seconds), now), words);
        }
    }
}
