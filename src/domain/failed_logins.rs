//! Failed logins: so many are free, and each one more makes the next wait longer.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The time within which a wrong secret counts once, from the last failure that counted: containerd sends one by POST and by GET
/// (docs/protocol.md §0.8).
const SAME_SECRET: Duration = Duration::from_secs(5);
/// The number of secrets that are remembered for it, because several clients behind one address do so at the same time.
const REMEMBERED_SECRETS: usize = 4;
/// The time without a failure after which the earlier ones are forgotten.
pub const FORGOTTEN: Duration = Duration::from_mins(15);
/// The same for codes of second factors: of a million of them three are right at a time, so that a thousand tries a day would find
/// one within months.
pub const CODES_FORGOTTEN: Duration = Duration::from_hours(24);
/// The most by which a failure may be ahead of one that is looked at later: no request takes longer. Further ahead is only what a clock
/// noted that was set back since, and nobody knows how old that is.
const MOST_AHEAD: TimeDelta = TimeDelta::minutes(1);
/// The first wait; each failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The rules for failed logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// The number of failures in a row after which the next try has to wait.
    pub free: u32,
    /// The longest wait.
    pub longest: Duration,
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    count: u32,
    last: DateTime<Utc>,
    /// Parts of the fingerprints of the secrets that failed last, the last one first.
    secrets: [u64; REMEMBERED_SECRETS],
}

impl Failures {
    /// The first failure, with a secret of that fingerprint.
    pub fn first(secret: u128, now: DateTime<Utc>) -> Self {
        Self {
            count: 1,
            last: now,
            secrets: [part_of(secret); REMEMBERED_SECRETS],
        }
    }

    /// Adds a failure; those before it are forgotten if they are as old as `forgotten`. Those of a clock that was set back count as if
    /// the last were of now: else whoever guesses could go on without waiting until that time has come.
    #[must_use]
    pub fn and(self, secret: u128, now: DateTime<Utc>, forgotten: Duration) -> Self {
        let last = match since(self.last, now) {
            Some(_) => self.last,
            None => now,
        };
        let since = since(last, now).unwrap_or_default();
        if since >= forgotten {
            return Self::first(secret, now);
        }
        let secret = part_of(secret);
        let mut secrets = if since < SAME_SECRET {
            self.secrets
        } else {
            [secret; REMEMBERED_SECRETS]
        };
        if since < SAME_SECRET && secrets.contains(&secret) {
            return Self { last, ..self };
        }
        secrets.rotate_right(1);
        if let Some(first) = secrets.first_mut() {
            *first = secret;
        }
        Self {
            count: self.count.saturating_add(1),
            // One that began earlier may end later.
            last: last.max(now),
            secrets,
        }
    }

    /// The number of them.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The failures without so many of them; none if no other is left.
    pub fn without(self, number: u32) -> Option<Self> {
        let count = self.count.saturating_sub(number);
        (count > 0).then_some(Self { count, ..self })
    }

    /// The time for which the next try has to wait at `now`, if it has to. Nobody waits for a clock that was set back: the next failure
    /// begins the wait anew.
    pub fn wait(&self, rules: &BackOff, now: DateTime<Utc>) -> Option<Duration> {
        let since = since(self.last, now)?;
        let doublings = self.count.checked_sub(rules.free.max(1))?.min(16);
        let wait = (FIRST_WAIT * (1 << doublings)).min(rules.longest);
        wait.checked_sub(since).filter(|left| !left.is_zero())
    }

    /// True if they are still remembered at `now`.
    pub fn count_at(&self, now: DateTime<Utc>) -> bool {
        since(self.last, now).is_some_and(|since| since < FORGOTTEN)
    }

    /// True if they are remembered at `now`, and more than are free.
    pub fn are_many(&self, rules: &BackOff, now: DateTime<Utc>) -> bool {
        self.count_at(now) && self.count > rules.free
    }
}

/// As much of a fingerprint as keeps a few secrets apart: a table has many failures.
fn part_of(fingerprint: u128) -> u64 {
    u64::try_from(fingerprint & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

/// The time since `last`, which may have been noted by a login that began later; none if the clock was set back.
fn since(last: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    let since = now - last;
    (since >= -MOST_AHEAD).then(|| since.to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: BackOff = BackOff {
        free: 3,
        longest: Duration::from_mins(1),
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn seconds(failures: &Failures, now: i64) -> Option<u64> {
        failures.wait(&RULES, at(now)).map(|wait| wait.as_secs())
    }

    #[test]
    fn some_failures_are_free_and_then_the_wait_doubles() {
        let mut failures = Failures::first(0, at(0));
        let mut waits = Vec::new();
        for secret in 1..12 {
            waits.push(seconds(&failures, 0));
            failures = failures.and(secret, at(0), FORGOTTEN);
        }
        let expected =
            [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60].map(|wait| Some(wait).filter(|wait| *wait > 0));
        assert_eq!(waits, expected);
        assert_eq!(seconds(&failures, 59), Some(1));
        assert_eq!(seconds(&failures, 60), None);
    }

    #[test]
    fn after_any_number_of_failures_the_wait_is_the_longest_one() {
        let first = Failures::first(0, at(0));
        let many = (1..1_000).fold(first, |failures, secret| {
            failures.and(secret, at(0), FORGOTTEN)
        });
        let count = u32::MAX;
        for failures in [many, Failures { count, ..many }] {
            assert_eq!(seconds(&failures, 0), Some(60));
        }
    }

    #[test]
    fn the_same_secret_at_once_counts_once() {
        let once = Failures::first(7, at(0));
        assert_eq!(once.and(7, at(4), FORGOTTEN), once);
        assert_ne!(once.and(7, at(5), FORGOTTEN), once);
        assert_ne!(once.and(8, at(0), FORGOTTEN), once);
    }

    #[test]
    fn a_few_secrets_that_come_in_turn_count_once_each() {
        let all = |failures: Failures, secrets: &[u128], now| {
            let add = |failures: Failures, secret: &u128| failures.and(*secret, at(now), FORGOTTEN);
            secrets.iter().fold(failures, add)
        };
        let four = all(Failures::first(1, at(0)), &[2, 3, 4], 0);
        assert_eq!(all(four, &[1, 2, 3, 4, 4, 1], 4), four);
        assert_eq!(all(four, &[1, 2, 3, 4], 5).count(), 8);
        assert_eq!(all(four, &[5, 1, 5], 0).count(), 6);
    }

    #[test]
    fn failures_are_forgotten_and_a_clock_that_was_set_back_keeps_nobody_out() {
        let many = (1..9).fold(Failures::first(0, at(0)), |failures, secret| {
            failures.and(secret, at(0), FORGOTTEN)
        });
        assert!(many.count_at(at(899)) && !many.count_at(at(900)));
        assert_eq!(many.and(9, at(900), FORGOTTEN), Failures::first(9, at(900)));
        assert_eq!(seconds(&many, -900), None);
        let codes = many.and(9, at(86_399), CODES_FORGOTTEN);
        assert_eq!(seconds(&codes, 86_399), Some(60));
        assert_eq!(
            codes.and(10, at(2 * 86_400), CODES_FORGOTTEN),
            Failures::first(10, at(2 * 86_400))
        );
    }

    /// Nobody knows how old failures are that a clock noted that was ahead: they keep nobody out, and the next one goes on counting.
    #[test]
    fn failures_that_a_clock_noted_that_was_ahead_count_on() {
        let many = (1..12).fold(Failures::first(0, at(0)), |failures, secret| {
            failures.and(secret, at(0), CODES_FORGOTTEN)
        });
        for ahead in [61, 600, 3_600, 100_000] {
            assert_eq!(seconds(&many, -ahead), None, "{ahead}");
            let on = many.and(12, at(-ahead), CODES_FORGOTTEN);
            assert_eq!(seconds(&on, -ahead), Some(60), "{ahead}");
            assert_eq!(seconds(&on, 30 - ahead), Some(30), "{ahead}");
            assert_eq!(on.count(), 13);
        }
        let same = many.and(11, at(-600), FORGOTTEN);
        assert_eq!((same.count(), seconds(&same, -600)), (12, Some(60)));
    }

    #[test]
    fn a_failure_that_began_earlier_and_ended_later_counts_too() {
        let later = Failures::first(0, at(5))
            .and(1, at(5), FORGOTTEN)
            .and(2, at(5), FORGOTTEN);
        let once_more = later.and(3, at(4), FORGOTTEN);
        assert_eq!(seconds(&once_more, 5), Some(2));
    }
}
