//! The wait between attempts to send a notice.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::clock::AHEAD;

/// The time for which a notice is tried; after it, the notice is given up.
pub const LONGEST_TRY: TimeDelta = TimeDelta::days(3);
/// The most attempts to send a notice that a clock made which was ahead, so that its age is not known: they last as long.
const MOST_ATTEMPTS: u32 = 29;
/// The most attempts to send a notice that the other side refuses without saying why: they last some hours.
pub const MOST_DOUBTFUL_ATTEMPTS: u32 = 12;
/// The wait after the first attempt.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);
/// The longest wait, but for the part that is drawn.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(4);

/// More than any wait for an attempt, also one that a sender began and did not end.
pub const LONGEST_HONEST_WAIT: TimeDelta = TimeDelta::minutes(330);

/// The instant of the next attempt, after so many have failed; none if the notice, which was made at `created_at`, is
/// given up.
///
/// The wait doubles each time. `drawn`, a random number, adds up to a quarter of it, so that notices which failed
/// together do not all come again together.
pub fn next_attempt(
    (created_at, now): (DateTime<Utc>, DateTime<Utc>),
    attempts: u32,
    drawn: u8,
) -> Option<DateTime<Utc>> {
    let is_from_the_future = created_at > now + AHEAD;
    if now - created_at >= LONGEST_TRY || (is_from_the_future && attempts >= MOST_ATTEMPTS) {
        return None;
    }
    let doublings = attempts.saturating_sub(1).min(16);
    let wait = (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT);
    Some(now + wait + wait * i32::from(drawn) / (4 * i32::from(u8::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_a_notice_is_given_up() {
        let made: DateTime<Utc> = "2026-03-14T15:09:26Z".parse().unwrap();
        let (mut now, mut waits) = (made, Vec::new());
        while let Some(next) = next_attempt((made, now), u32::try_from(waits.len()).unwrap() + 1, 0)
        {
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert!(waits.is_sorted() && waits.len() < 40, "{waits:?}");
        assert_eq!(waits.last(), Some(&(4 * 3600)));
        assert!(now - made >= LONGEST_TRY && now - made < LONGEST_TRY + LONGEST_WAIT);
    }

    #[test]
    fn a_notice_from_the_future_is_tried_as_long() {
        let begin: DateTime<Utc> = "2026-03-14T15:09:26Z".parse().unwrap();
        for drawn in [0, u8::MAX] {
            let (mut now, mut attempts) = (begin, 1);
            let made = begin + TimeDelta::days(1800);
            while let Some(next) = next_attempt((made, now), attempts, drawn) {
                (now, attempts) = (next, attempts + 1);
            }
            let tried = now - begin;
            assert!(tried >= LONGEST_TRY - LONGEST_WAIT, "{tried}");
            assert!(tried <= LONGEST_TRY + TimeDelta::days(1), "{tried}");
        }
    }

    #[test]
    fn a_quarter_of_a_wait_is_drawn() {
        let now: DateTime<Utc> = "2026-03-14T15:09:26Z".parse().unwrap();
        let wait = |drawn| (next_attempt((now, now), 4, drawn).unwrap() - now).num_seconds();
        assert_eq!((wait(0), wait(u8::MAX)), (80, 100));
        let longest = next_attempt((now, now), 30, u8::MAX).unwrap() - now;
        assert!(longest < LONGEST_HONEST_WAIT);
    }
}
