//! The configured limits on the ends of personal access tokens, for every way to make one.

use chrono::{DateTime, Utc};

use crate::domain::expiry::{Expiry, Lifetime, earlier, is_storable, outlasts};

/// The limits on tokens' lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessTokenPolicy {
    /// The longest life; exactly this is allowed.
    pub longest: Option<Lifetime>,
    /// True if a token may have no end.
    pub allows_endless: bool,
    /// The life of a token for which no end is asked.
    pub usual: Option<Lifetime>,
}

/// The end that is asked for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WantedEnd {
    /// Nothing is said about the end.
    #[default]
    Unsaid,
    /// It is to have no end.
    Never,
    /// It is to end then.
    At(Expiry),
}

/// The reason why a token cannot have the end that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnd {
    /// It is later than the longest life allows; with the latest date that is allowed.
    #[error("must be before {0}")]
    TooLate(chrono::NaiveDate),
    /// It is later than the longest life allows, and no other date would do; with the last instant that is allowed.
    #[error("must not be after {0}")]
    AfterLongest(Expiry),
    /// It is later than the end of the token that makes it, or that made it.
    #[error("must not be after {0}: the token that it is made with ends then")]
    AfterMaker(Expiry),
    /// It is later than the end of the role by which it is made.
    #[error("must not be after {0}: your role here ends then")]
    AfterRole(Expiry),
    /// No database keeps it.
    #[error("must be in one of the years 1000 to 9999")]
    OutOfRange,
    /// There is none, and endless tokens are not allowed.
    #[error("can't be blank: tokens need an end here, a date or a duration")]
    Missing,
}

/// The life, in days, of the successor of a token that had an end, if none is asked; as in GitLab.
const SUCCESSOR_DAYS: u32 = 7;

impl Default for AccessTokenPolicy {
    fn default() -> Self {
        Self {
            longest: None,
            allows_endless: true,
            usual: None,
        }
    }
}

impl From<Option<Expiry>> for WantedEnd {
    fn from(end: Option<Expiry>) -> Self {
        end.map_or(Self::Unsaid, Self::At)
    }
}

impl WantedEnd {
    /// Says nothing if it names the end that there is, as it is or by the date that is shown for it: who sends a whole token back
    /// does not ask for another end.
    #[must_use]
    pub fn other_than(self, present: Option<Expiry>) -> Self {
        let names = |end: Expiry| self == Self::At(end) || self == Self::At(Expiry::on(end.date()));
        if present.is_some_and(names) {
            Self::Unsaid
        } else {
            self
        }
    }

    /// `end`, which the policy allows, but no later than `caller`, the end of the token that the caller presents. A
    /// later one that is wanted is refused.
    pub fn no_later_than(
        self,
        caller: Option<Expiry>,
        end: Option<Expiry>,
    ) -> Result<Option<Expiry>, InvalidEnd> {
        match caller {
            Some(last) if outlasts(end, caller) && end.map(Self::At) == Some(self) => {
                Err(InvalidEnd::AfterMaker(last))
            }
            _ => Ok(earlier(end, caller)),
        }
    }
}

impl AccessTokenPolicy {
    /// The end of a new token, which is no later than that of the token that makes it.
    pub fn end_of_new(
        &self,
        wanted: WantedEnd,
        maker: Option<Expiry>,
        now: DateTime<Utc>,
    ) -> Result<Option<Expiry>, InvalidEnd> {
        match wanted {
            WantedEnd::At(end) => self.permitted(end, maker, now).map(Some),
            WantedEnd::Never => self.bounded(None, maker, now),
            WantedEnd::Unsaid => self.bounded(self.usual, maker, now),
        }
    }

    /// The end of the token that takes the place of one that ends at `old`.
    pub fn end_of_successor(
        &self,
        wanted: WantedEnd,
        (old, maker): (Option<Expiry>, Option<Expiry>),
        now: DateTime<Utc>,
    ) -> Result<Option<Expiry>, InvalidEnd> {
        match wanted {
            WantedEnd::At(end) => self.permitted(end, maker, now).map(Some),
            WantedEnd::Never | WantedEnd::Unsaid => {
                let week = Lifetime::of_days(SUCCESSOR_DAYS);
                match self.bounded(old.map(|_| week), maker, now) {
                    // An endless token of an earlier time goes on with an end where one is needed, unless none is to be.
                    Err(InvalidEnd::Missing) if wanted == WantedEnd::Unsaid => {
                        self.bounded(Some(week), maker, now)
                    }
                    end => end,
                }
            }
        }
    }

    /// `end`, if somebody may choose it.
    pub fn permitted(
        &self,
        end: Expiry,
        maker: Option<Expiry>,
        now: DateTime<Utc>,
    ) -> Result<Expiry, InvalidEnd> {
        if let Some(maker) = maker.filter(|&maker| end > maker) {
            return Err(InvalidEnd::AfterMaker(maker));
        }
        if !is_storable(end.instant().date_naive()) {
            return Err(InvalidEnd::OutOfRange);
        }
        match self.longest.map(|longest| longest.after(now)) {
            Some(latest) if end.instant() > latest => Err(too_late(end, latest, now)),
            _ => Ok(end),
        }
    }

    /// The earliest of all limits. Nobody chose it, so it is never too late.
    fn bounded(
        &self,
        usual: Option<Lifetime>,
        maker: Option<Expiry>,
        now: DateTime<Utc>,
    ) -> Result<Option<Expiry>, InvalidEnd> {
        let after = |lifetime: Option<Lifetime>| lifetime.map(|some| Expiry::after(now, some));
        let ends = [after(usual), maker, after(self.longest)];
        match ends.into_iter().flatten().min() {
            Some(end) => Ok(Some(end)),
            None if self.allows_endless => Ok(None),
            None => after(self.usual).map(Some).ok_or(InvalidEnd::Missing),
        }
    }
}

/// The refusal of an end after `latest`: in GitLab's words if it is a date and an earlier one is left.
fn too_late(end: Expiry, latest: DateTime<Utc>, now: DateTime<Utc>) -> InvalidEnd {
    let last = latest.date_naive();
    if end == Expiry::on(end.date()) && last > now.date_naive() {
        InvalidEnd::TooLate(last)
    } else {
        InvalidEnd::AfterLongest(Expiry::at(latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-14T15:09:26Z";

    fn days(days: u32) -> Lifetime {
        Lifetime::of_days(days)
    }

    fn date(text: &str) -> Expiry {
        Expiry::on(text.parse().unwrap())
    }

    fn shown(end: Result<Option<Expiry>, InvalidEnd>) -> String {
        match end {
            Ok(end) => end.map_or("never".to_owned(), |end| end.to_string()),
            Err(error) => error.to_string(),
        }
    }

    /// The end of a new token, or the reason why it cannot be.
    fn new(policy: AccessTokenPolicy, wanted: WantedEnd, maker: Option<&str>) -> String {
        shown(policy.end_of_new(wanted, maker.map(date), NOW.parse().unwrap()))
    }

    fn at(text: &str) -> WantedEnd {
        WantedEnd::At(date(text))
    }

    #[test]
    fn a_new_token_ends_when_it_is_wanted_to_or_must() {
        let free = AccessTokenPolicy::default();
        assert_eq!(new(free, WantedEnd::Unsaid, None), "never");
        assert_eq!(new(free, at("2020-01-01"), None), "2020-01-01");
        assert_eq!(
            new(free, WantedEnd::Never, Some("2026-05-01")),
            "2026-05-01"
        );
        assert_eq!(
            new(free, at("2026-05-01"), Some("2026-05-01")),
            "2026-05-01"
        );
        assert_eq!(
            new(free, at("2026-05-02"), Some("2026-05-01")),
            "must not be after 2026-05-01: the token that it is made with ends then"
        );
        for unkept in ["+10000-01-01", "0999-12-31", "-0001-01-01"] {
            assert_eq!(
                new(free, at(unkept), None),
                "must be in one of the years 1000 to 9999"
            );
        }
        let capped = AccessTokenPolicy {
            longest: Some(days(30)),
            ..free
        };
        assert_eq!(new(capped, at("2026-04-13"), None), "2026-04-13");
        assert_eq!(
            new(capped, at("2026-04-14"), None),
            "must be before 2026-04-13"
        );
        assert_eq!(new(capped, WantedEnd::Never, None), "2026-04-13");
        let usual = AccessTokenPolicy {
            usual: Some(days(10)),
            ..free
        };
        assert_eq!(new(usual, WantedEnd::Unsaid, None), "2026-03-24");
        assert_eq!(new(usual, WantedEnd::Never, None), "never");
        assert_eq!(
            new(usual, WantedEnd::Unsaid, Some("2026-03-20")),
            "2026-03-20"
        );
    }

    /// A date is refused in GitLab's words as long as another is possible; nobody can choose one before today.
    #[test]
    fn an_end_that_is_no_date_is_told_the_last_instant() {
        let capped = |hours: i64| {
            let lifetime = Lifetime::try_from(&*format!("{hours}h")).unwrap();
            let longest = Some(lifetime);
            AccessTokenPolicy {
                longest,
                ..AccessTokenPolicy::default()
            }
        };
        let after = |hours| {
            let now: DateTime<Utc> = NOW.parse().unwrap();
            WantedEnd::At(Expiry::at(now + chrono::Duration::hours(hours)))
        };
        let last = "must not be after 2026-03-15T03:09:26Z";
        assert_eq!(new(capped(12), after(12), None), "2026-03-15T03:09:26Z");
        assert_eq!(new(capped(12), after(13), None), last);
        assert_eq!(
            new(capped(12), at("2026-03-16"), None),
            "must be before 2026-03-15"
        );
        assert_eq!(
            new(capped(5), at("2026-03-15"), None),
            "must not be after 2026-03-14T20:09:26Z"
        );
    }

    /// A job that rotates its token in the evening has it for the whole day.
    #[test]
    fn the_longest_life_of_a_day_is_a_day_in_the_evening_too() {
        let policy = AccessTokenPolicy {
            longest: Some(days(1)),
            ..AccessTokenPolicy::default()
        };
        let now = "2026-03-14T23:59:58Z".parse().unwrap();
        let end = policy.end_of_successor(WantedEnd::Unsaid, (None, None), now);
        assert_eq!(shown(end), "2026-03-15T23:59:58Z");
    }

    #[test]
    fn a_new_token_needs_an_end_where_endless_ones_are_not_allowed() {
        let ending = AccessTokenPolicy {
            allows_endless: false,
            ..AccessTokenPolicy::default()
        };
        let blank = "can't be blank: tokens need an end here, a date or a duration";
        assert_eq!(new(ending, WantedEnd::Never, None), blank);
        assert_eq!(
            new(
                AccessTokenPolicy {
                    usual: Some(days(10)),
                    ..ending
                },
                WantedEnd::Never,
                None
            ),
            "2026-03-24"
        );
        assert_eq!(
            new(
                AccessTokenPolicy {
                    longest: Some(days(5)),
                    ..ending
                },
                WantedEnd::Unsaid,
                None
            ),
            "2026-03-19T15:09:26Z"
        );
    }

    /// A job that rotates its token says nothing of an end, and goes on where endless tokens are not allowed any more.
    #[test]
    fn an_endless_token_of_before_is_rotated_to_a_week_where_an_end_is_needed() {
        let policy = AccessTokenPolicy {
            allows_endless: false,
            ..AccessTokenPolicy::default()
        };
        let rotated = |wanted| {
            let end = policy.end_of_successor(wanted, (None, None), NOW.parse().unwrap());
            shown(end)
        };
        assert_eq!(rotated(WantedEnd::Unsaid), "2026-03-21");
        assert_eq!(
            rotated(WantedEnd::Never),
            "can't be blank: tokens need an end here, a date or a duration"
        );
    }

    #[test]
    fn a_successor_lives_a_week_if_the_old_token_had_an_end() {
        let successor =
            |policy: AccessTokenPolicy, wanted, old: Option<&str>, maker: Option<&str>| {
                let ends = (old.map(date), maker.map(date));
                shown(policy.end_of_successor(wanted, ends, NOW.parse().unwrap()))
            };
        let free = AccessTokenPolicy::default();
        assert_eq!(successor(free, WantedEnd::Unsaid, None, None), "never");
        let old = Some("2020-01-01");
        assert_eq!(successor(free, WantedEnd::Unsaid, old, None), "2026-03-21");
        assert_eq!(
            successor(free, WantedEnd::Never, old, Some("2026-03-17")),
            "2026-03-17"
        );
        let capped = AccessTokenPolicy {
            longest: Some(days(3)),
            ..free
        };
        assert_eq!(
            successor(capped, WantedEnd::Unsaid, old, None),
            "2026-03-17T15:09:26Z"
        );
        assert_eq!(
            successor(capped, WantedEnd::Unsaid, None, None),
            "2026-03-17T15:09:26Z"
        );
        let far = WantedEnd::At(date("2026-03-18"));
        assert_eq!(
            successor(capped, far, old, None),
            "must be before 2026-03-17"
        );
    }
}
