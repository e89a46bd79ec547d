//! When a token ends.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// The instant from which a token or membership is dead.
///
/// A date means 00:00 UTC **on** that date, as in GitLab (gitlab-api.md 1.4): a token that expires
/// today is already dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry(DateTime<Utc>);

impl Expiry {
    /// Dead from `instant` on.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }

    /// Dead from the beginning of `date` on.
    pub fn on(date: NaiveDate) -> Self {
        Self(date.and_time(NaiveTime::MIN).and_utc())
    }

    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }

    /// The first date on which it is dead all day.
    pub fn date(self) -> NaiveDate {
        let date = self.0.date_naive();
        if self.0.time() == NaiveTime::MIN {
            date
        } else {
            date.checked_add_days(Days::new(1)).unwrap_or(date)
        }
    }

    /// Whether it is over at `now`.
    pub fn has_passed(self, now: DateTime<Utc>) -> bool {
        self.0 <= now
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
    fn the_date_of_a_finer_expiry_is_the_first_wholly_dead_one() {
        let date = |text: &str| Expiry::at(instant(text)).date().to_string();
        assert_eq!(date("2026-03-14T00:00:00Z"), "2026-03-14");
        assert_eq!(date("2026-03-14T00:00:01Z"), "2026-03-15");
    }
}
