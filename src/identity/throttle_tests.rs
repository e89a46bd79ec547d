//! The failures that the throttle counts, and the callers who wait for them.

use std::net::Ipv4Addr;

use super::*;
use crate::domain::entropy::Sevens;

fn throttle(free: u32) -> Throttle {
    let longest = Duration::from_mins(5);
    Throttle::new(BackOff { free, longest }, |_| false, &Sevens)
}

/// As long as nobody knows if they are wrong, they may be; those that could not be checked were nothing.
#[test]
fn passwords_that_are_being_checked_count_until_they_are_not() {
    let (throttle, now) = (throttle(2), DateTime::UNIX_EPOCH);
    let address = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let alice = throttle.attempt(address, "alice", now).unwrap();
    let other = throttle.attempt(address, "bob", now).unwrap();
    let first = throttle.check(alice, 1, now).unwrap();
    let second = throttle.check(alice, 2, now).unwrap();
    assert_eq!(
        throttle.check(alice, 3, now).unwrap_err(),
        Duration::from_secs(1)
    );
    assert!(throttle.check(other, 3, now).is_ok());
    drop(second);
    let again = throttle.check(alice, 1, now).unwrap();
    drop(first);
    assert!(throttle.check(alice, 2, now).is_ok());
    throttle.failed(alice, 1, now);
    drop(again);
    let right = throttle.check(alice, 2, now).unwrap();
    assert!(throttle.check(alice, 3, now).is_err());
    throttle.succeeded(alice, now);
    drop(right);
    assert!(throttle.check(alice, 3, now).is_ok());
    assert!(throttle.under_way().is_empty());
}

/// A right password is one's own, and no leave to guess others.
#[test]
fn an_address_that_was_right_once_loses_its_good_name_by_guesses() {
    let (throttle, now) = (throttle(2), DateTime::UNIX_EPOCH);
    let address = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let login = |name: &str| throttle.attempt(address, name, now).unwrap();
    let reputation = || login("somebody").place.reputation;
    assert_eq!(reputation(), Reputation::Unknown);
    throttle.succeeded(login("bob"), now);
    for (guess, before) in [Reputation::Proven; 3].into_iter().enumerate() {
        assert_eq!(reputation(), before, "{guess}");
        let attempt = login(&format!("nobody{guess}"));
        throttle.failed(attempt, guess.try_into().unwrap(), now);
    }
    assert_eq!(reputation(), Reputation::Failing);
    throttle.succeeded(login("bob"), now);
    assert_eq!(reputation(), Reputation::Failing, "they go on");
}

/// By a common fingerprint somebody would learn that a name and an address are one account, or that others send that password.
#[test]
fn a_refused_password_is_known_for_its_name_address_and_account_alone() {
    let (throttle, now) = (throttle(2), DateTime::UNIX_EPOCH);
    let from = |last| {
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        throttle.attempt(Some(address), "alice", now).unwrap()
    };
    let refused = throttle.of_password(from(1), ("alice", "a hash"), "wrong");
    assert_eq!(
        refused,
        throttle.of_password(from(1), ("ALICE", "a hash"), "wrong")
    );
    for (last, account, password) in [
        (1, ("alice@example.com", "a hash"), "wrong"),
        (2, ("alice", "a hash"), "wrong"),
        (1, ("alice", "another hash"), "wrong"),
        (1, ("alice", "a hash"), "Wrong"),
    ] {
        assert_ne!(
            refused,
            throttle.of_password(from(last), account, password),
            "{account:?}"
        );
    }
}

/// It was no guess, so the wait before it is neither longer nor begun anew.
#[test]
fn a_code_that_could_not_be_judged_leaves_all_as_it_was() {
    let throttle = throttle(2);
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
    let by = (None, UserId(7));
    let attempt = |code: &[u8], now| throttle.try_second_factor(by, (code, true), at(now));
    attempt(b"000001", 0).unwrap();
    attempt(b"000002", 0).unwrap();
    assert_eq!(attempt(b"000003", 0).unwrap_err(), Duration::from_secs(1));
    for code in [b"000003", b"000002"] {
        let unjudged = attempt(code, 9).unwrap();
        assert!(attempt(b"000004", 9).is_err());
        throttle.second_factor_was_not_judged(&unjudged);
    }
    attempt(b"000003", 9).unwrap();
    assert_eq!(attempt(b"000004", 9).unwrap_err(), Duration::from_secs(2));
}

#[test]
fn a_code_that_could_not_be_judged_takes_no_other_back() {
    let throttle = throttle(2);
    let (now, by) = (DateTime::UNIX_EPOCH, (None, UserId(7)));
    let attempt = |code: &[u8]| throttle.try_second_factor(by, (code, true), now);
    let unjudged = attempt(b"000001").unwrap();
    attempt(b"000002").unwrap();
    assert!(attempt(b"000003").is_err());
    throttle.second_factor_was_not_judged(&unjudged);
    attempt(b"000003").unwrap();
    assert!(attempt(b"000004").is_err());
}

/// More than there is room for, in both tables.
#[test]
fn failures_from_any_number_of_addresses_fit_into_the_tables() {
    let (throttle, now) = (throttle(10), DateTime::UNIX_EPOCH);
    for number in 0..100_000_u32 {
        let address = Some(IpAddr::V4(Ipv4Addr::from(number)));
        let secret = number.to_le_bytes();
        assert_eq!(throttle.token_failed(address, (None, &secret), now), None);
        let attempt = throttle.attempt(address, "alice", now).unwrap();
        let password = throttle.of_password(attempt, ("alice", "a hash"), "wrong");
        throttle.failed(attempt, password, now);
    }
    let Counts {
        passwords, tokens, ..
    } = &*throttle.0;
    for table in [passwords, tokens] {
        assert!(
            (1..=MOST_FAILURES).contains(&table.len()),
            "{}",
            table.len()
        );
    }
}

#[test]
fn recovery_codes_from_many_addresses_push_out_no_guesses() {
    let (throttle, now) = (throttle(10), DateTime::UNIX_EPOCH);
    let guess = |number: u32| {
        let by = (None, UserId(7));
        throttle.try_second_factor(by, (&number.to_le_bytes(), true), now)
    };
    for number in 0..10 {
        guess(number).unwrap();
    }
    guess(10).unwrap_err();
    for number in 0..100_000_u32 {
        let address = Some(IpAddr::V4(Ipv4Addr::from(number)));
        for secret in [b"one", b"two"] {
            let by = (address, UserId(7));
            let _ = throttle.try_second_factor(by, (secret, false), now);
        }
    }
    guess(10).unwrap_err();
}
