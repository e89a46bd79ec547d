//! Ends of tokens and roles, and lifetimes.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Timelike, Utc};

use crate::domain::timestamp;

/// The instant from which a token or membership is dead.
///
/// A date means 00:00 UTC **on** that date, as in GitLab (docs/gitlab-api.md §1.4): a token that expires
/// today is already dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry(DateTime<Utc>);

/// A length of time in whole seconds: at least one, and at most a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(Duration);

/// A text that is not a lifetime; its words do not repeat it, which may be a secret in the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written as 90s, 5m, 2h or 30d, and at most 36500d")]
pub struct InvalidLifetime;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;
/// The shortest life that ends at 00:00 UTC: an end of less would come much too early in the evening.
const SHORTEST_IN_DATES: i64 = 7 * SECONDS_OF_A_DAY;
const MAX_SECONDS: i64 = 36_500 * SECONDS_OF_A_DAY;

/// True if something with the end `end` lasts longer than something with the end `other`; without an end, a
/// thing lasts for ever.
pub fn outlasts(end: Option<Expiry>, other: Option<Expiry>) -> bool {
    match (end, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(end), Some(other)) => end > other,
    }
}

/// The earlier of two ends.
pub fn earlier(end: Option<Expiry>, other: Option<Expiry>) -> Option<Expiry> {
    if outlasts(end, other) { other } else { end }
}

/// True if every database can keep a date.
pub fn is_storable(date: NaiveDate) -> bool {
    (1000..=9999).contains(&date.year())
}

impl Expiry {
    /// An end at `instant`, in whole seconds. A leap second is the one after it: few programs read a second 60.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let second = DateTime::from_timestamp(instant.timestamp(), 0).unwrap_or(instant);
        let leaps = i64::from(instant.nanosecond() / 1_000_000_000);
        Self(second + Duration::seconds(leaps))
    }

    /// An end at the beginning of `date`.
    pub fn on(date: NaiveDate) -> Self {
        Self(date.and_time(NaiveTime::MIN).and_utc())
    }

    /// An end after `lifetime`: whole days end at 00:00 UTC, as dates do, but for the shortest, of which that would take too much.
    pub fn after(now: DateTime<Utc>, lifetime: Lifetime) -> Self {
        let (end, seconds) = (lifetime.after(now), lifetime.0.num_seconds());
        if seconds % SECONDS_OF_A_DAY == 0 && seconds >= SHORTEST_IN_DATES {
            Self::on(end.date_naive())
        } else {
            Self(end)
        }
    }

    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }

    /// The first date on which the token is dead all day.
    pub fn date(self) -> NaiveDate {
        let date = self.0.date_naive();
        if self.0.time() == NaiveTime::MIN {
            date
        } else {
            date.checked_add_days(Days::new(1)).unwrap_or(date)
        }
    }

    /// True if the end has come at `now`.
    pub fn has_passed(self, now: DateTime<Utc>) -> bool {
        self.0 <= now
    }
}

impl fmt::Display for Expiry {
    /// Writes the date, with the time of day unless that is 00:00.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.time() == NaiveTime::MIN {
            self.0.date_naive().fmt(f)
        } else {
            f.write_str(&timestamp::seconds(self.0))
        }
    }
}

impl Lifetime {
    /// The instant this long before another.
    pub fn before(self, instant: DateTime<Utc>) -> DateTime<Utc> {
        instant
            .checked_sub_signed(self.0)
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// A lifetime of `days` days.
    pub fn of_days(days: u32) -> Self {
        let seconds = i64::from(days).saturating_mul(SECONDS_OF_A_DAY);
        Self(Duration::seconds(seconds.clamp(1, MAX_SECONDS)))
    }

    /// The instant at which a lifetime that begins `now` is over.
    pub fn after(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_add_signed(self.0)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl TryFrom<&str> for Lifetime {
    type Error = InvalidLifetime;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        humantime::parse_duration(text)
            .ok()
            .and_then(|duration| i64::try_from(duration.as_secs()).ok())
            .filter(|seconds| (1..=MAX_SECONDS).contains(seconds))
            .map(|seconds| Self(Duration::seconds(seconds)))
            .ok_or(InvalidLifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_that_expires_today_is_dead_and_tomorrows_still_works() {
        let now = instant("2026-03-14T15:09:26Z");
        assert!(Expiry::on(now.date_naive()).has_passed(now));
        let tomorrow = Expiry::on(now.date_naive() + Days::new(1));
        assert!(!tomorrow.has_passed(now));
        assert!(!tomorrow.has_passed(instant("2026-03-14T23:59:59Z")));
        assert!(tomorrow.has_passed(instant("2026-03-15T00:00:00Z")));
    }

    #[test]
    fn an_end_is_a_whole_second_and_never_a_leap_second() {
        let end = |text: &str| Expiry::at(instant(text)).instant();
        assert_eq!(end("2016-12-31T23:59:60Z"), instant("2017-01-01T00:00:00Z"));
        assert_eq!(
            end("2026-03-14T15:09:26.9Z"),
            instant("2026-03-14T15:09:26Z")
        );
    }

    #[test]
    fn the_date_of_a_finer_expiry_is_the_first_wholly_dead_one() {
        let date = |text: &str| Expiry::at(instant(text)).date().to_string();
        assert_eq!(date("2026-03-14T00:00:00Z"), "2026-03-14");
        assert_eq!(date("2026-03-14T00:00:01Z"), "2026-03-15");
    }

    #[test]
    fn lifetimes_of_whole_days_end_with_a_date() {
        let now = instant("2026-03-14T15:09:26Z");
        let end = |text: &str| Expiry::after(now, Lifetime::try_from(text).unwrap()).to_string();
        assert_eq!(end("7d"), "2026-03-21");
        assert_eq!(end("24h"), "2026-03-15T15:09:26Z");
        assert_eq!(end("90m"), "2026-03-14T16:39:26Z");
        for bad in [
            "",
            "0s",
            "7",
            "soon",
            "-1h",
            "500ms",
            "40000d",
            "99999999999999999999d",
        ] {
            assert!(Lifetime::try_from(bad).is_err(), "{bad}");
        }
    }
}
