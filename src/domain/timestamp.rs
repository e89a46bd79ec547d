//! Instants as texts (RFC 3339). What is written with each token is written by digits: a general formatter takes several times as long.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// An instant to the second as people read it, such as `2099-01-01T12:00:00Z`.
pub fn seconds(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Writes an instant to the second, such as `2099-01-01T12:00:00Z`.
pub fn write_seconds(text: &mut Vec<u8>, instant: DateTime<Utc>) {
    if begin(text, instant) {
        text.push(b'Z');
    } else {
        write_by_chrono(text, instant, SecondsFormat::Secs);
    }
}

/// Writes an instant to the microsecond, such as `2099-01-01T12:00:00.000001Z`.
pub fn write_micros(text: &mut Vec<u8>, instant: DateTime<Utc>) {
    if begin(text, instant) {
        text.push(b'.');
        write_digits::<6>(text, instant.nanosecond() / 1000);
        text.push(b'Z');
    } else {
        write_by_chrono(text, instant, SecondsFormat::Micros);
    }
}

/// Writes date and time, unless the year has more than four digits or the second is a leap second.
fn begin(text: &mut Vec<u8>, instant: DateTime<Utc>) -> bool {
    let year = u32::try_from(instant.year()).unwrap_or(u32::MAX);
    if year > 9999 || instant.nanosecond() >= 1_000_000_000 {
        return false;
    }
    write_digits::<4>(text, year);
    let (date, time) = (instant.date_naive(), instant.time());
    for (before, two) in [
        (b'-', date.month()),
        (b'-', date.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        text.push(before);
        write_digits::<2>(text, two);
    }
    true
}

/// Writes the last digits of a number, zeros before it included.
fn write_digits<const COUNT: usize>(text: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; COUNT];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    text.extend_from_slice(&digits);
}

fn write_by_chrono(text: &mut Vec<u8>, instant: DateTime<Utc>, format: SecondsFormat) {
    text.extend_from_slice(instant.to_rfc3339_opts(format, true).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: fn(&mut Vec<u8>, DateTime<Utc>), instant: DateTime<Utc>) -> String {
        let mut text = Vec::new();
        write(&mut text, instant);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn instants_are_written_as_chrono_writes_them(
            seconds in -99_999_999_999_i64..999_999_999_999,
            nanoseconds in 0_u32..1_000_000_000,
        ) {
            let instant = DateTime::from_timestamp(seconds, nanoseconds).unwrap();
            let expected = instant.to_rfc3339_opts(SecondsFormat::Secs, true);
            prop_assert_eq!(written(write_seconds, instant), expected);
            let expected = instant.to_rfc3339_opts(SecondsFormat::Micros, true);
            prop_assert_eq!(written(write_micros, instant), expected);
        }
    }

    #[test]
    fn a_leap_second_is_one() {
        let leap = DateTime::from_timestamp(1_483_228_799, 1_000_000_000).unwrap();
        assert_eq!(written(write_seconds, leap), "2016-12-31T23:59:60Z");
        assert_eq!(written(write_micros, leap), "2016-12-31T23:59:60.000000Z");
    }
}
