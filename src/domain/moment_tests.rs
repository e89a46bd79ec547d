use chrono::{SecondsFormat, TimeZone};
use proptest::prelude::*;

use super::*;

fn instant(text: &str) -> Option<String> {
    let moment = Moment::try_from(text).ok()?;
    Some(
        moment
            .instant()
            .to_rfc3339_opts(SecondsFormat::AutoSi, true),
    )
}

#[test]
fn one_instant_has_many_forms() {
    for text in [
        "2099-01-01T12:30:00Z",
        "2099-01-01t12:30:00z",
        "2099-01-01 12:30:00",
        "2099-01-01 12:30",
        "2099-01-01 12:30:00 UTC",
        "2099-01-01T12:30:00.000Z",
        "2099-01-01T12:30:00,0Z",
        "2099-01-01T12:30:00+00:00",
        "2099-01-01T12:30:00+0000",
        "2099-01-01T12:30:00+00",
        "2099-01-01T12:30:00 00:00",
        "2099-01-01 12:30:00 0000",
        "2099-01-01 12:30:00 +0000",
        "2099-01-01T14:30:00+02:00",
        "2099-01-01T14:30:00 02:00",
        "2099-01-01T07:30:00-0500",
        "20990101T123000Z",
        "20990101T1230",
        "20990101 123000+00",
        " 2099-01-01T12:30:00Z ",
    ] {
        assert_eq!(
            instant(text).as_deref(),
            Some("2099-01-01T12:30:00Z"),
            "{text}"
        );
    }
    assert_eq!(Moment::try_from("20990101"), Moment::try_from("2099-01-01"));
    assert_eq!(
        instant("2099-01-01T12").as_deref(),
        Some("2099-01-01T12:00:00Z")
    );
}

#[test]
fn what_is_no_moment_is_refused() {
    for text in [
        "",
        " ",
        "T",
        "tomorrow",
        "2099",
        "2099-01",
        "2099-13-01",
        "2099-02-29",
        "2099-01-01T",
        "2099-01-01T25:00",
        "2099-01-01T12:60",
        "2099-01-01T12:30:61Z",
        "2099-01-01T12:30:00X",
        "2099-01-01T12:30:00+",
        "2099-01-01T12:30:00+99:00",
        "2099-01-01T12:30:00Z junk",
        "0999-12-31",
        "10000-01-01",
        "9999-12-31T24:00",
        "0999-12-31T23:00-12:00x",
        "2099-01-01T24:01",
        "2099-01-01T12:30:00+00:00+00:00",
        "1e400",
        "2099-01-01T12:30:00\u{660}",
    ] {
        assert_eq!(Moment::try_from(text), Err(InvalidMoment), "{text}");
    }
}

#[test]
fn the_date_of_an_instant_is_the_one_in_utc() {
    let date = |text: &str| Moment::try_from(text).unwrap().date().to_string();
    assert_eq!(date("2099-01-01T23:00:00-05:00"), "2099-01-02");
    assert_eq!(date("2099-01-01T00:00:00+02:00"), "2098-12-31");
    assert_eq!(date("2099-01-01T23:59:59Z"), "2099-01-01");
}

#[test]
fn a_second_60_and_an_hour_24_are_the_next_minute_and_day() {
    let of = |text| instant(text).unwrap();
    assert_eq!(of("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
    assert_eq!(of("2016-12-31T23:59:60.5Z"), "2017-01-01T00:00:00.500Z");
    assert_eq!(of("20161231T235960+0000"), "2017-01-01T00:00:00Z");
    assert_eq!(of("2016-12-31T24:00:00Z"), "2017-01-01T00:00:00Z");
}

/// An instant of a year that is kept, as others write it: the form of the date and the time, and the zone.
const FORMS: [&str; 8] = [
    "%Y-%m-%dT%H:%M:%S%:z",
    "%Y-%m-%d %H:%M:%S%:z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y%m%dT%H%M%S%z",
    "%Y%m%d %H%M%S%:z",
    "%Y-%m-%dT%H:%M:%S%.3f%:z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y%m%dT%H:%M:%S%:z",
];

proptest! {
    #[test]
    fn every_instant_is_read_from_every_form(
        seconds in -30_000_000_000_i64..253_000_000_000,
        minutes in -14 * 60..14 * 60_i32,
        form in 0..FORMS.len(),
        is_unescaped: bool,
    ) {
        let expected = Utc.timestamp_opt(seconds, 0).unwrap();
        let zone = FixedOffset::east_opt(minutes * 60).unwrap();
        let mut text = expected.with_timezone(&zone).format(FORMS[form]).to_string();
        if is_unescaped {
            text = text.replace('+', " ");
        }
        prop_assert_eq!(Moment::try_from(text.as_str()), Ok(Moment::Instant(expected)), "{}", text);
    }

    #[test]
    fn no_text_makes_a_panic_or_a_leap_second(
        text in prop_oneof![
            ".{0,40}",
            "[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9:.,+Z -]{0,20}",
            "(2016-12-31|20[0-9]{2}-0[1-9]-[12][0-9])T[012][0-9]:[0-5][0-9]:(59|60)(\\.[0-9]{1,9})?(Z|\\+02:00)",
        ],
    ) {
        if let Ok(moment) = Moment::try_from(text.as_str()) {
            prop_assert!(is_storable(moment.date()));
            let second = moment.instant().nanosecond();
            prop_assert!(second < SECOND, "{}", text);
        }
    }
}
