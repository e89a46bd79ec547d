//! Dates and instants as programs write them.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Timelike, Utc};

use crate::domain::expiry::{Expiry, is_storable};

/// A date, or an instant of it, in one of the forms of ISO 8601.
///
/// Date and time may be in the extended or in the basic form (`2099-01-01`, `20990101`), with a `T` or a blank between
/// them. The zone may be `Z`, `UTC`, `+01:00`, `+0100` or `+01`; without one it is UTC. A blank stands for the `+` of a
/// zone too: that is what a `+` in an address becomes that was not encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A date alone.
    Date(NaiveDate),
    /// A date with a time of day.
    Instant(DateTime<Utc>),
}

/// A text that is neither a date nor an instant, or one that no database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a date such as 2099-01-01, or an instant such as 2099-01-01T12:00:00Z")]
pub struct InvalidMoment;

/// Forms of a date, of a time of day, and of a time with its fraction of a second.
const DATES: [&str; 2] = ["%Y-%m-%d", "%Y%m%d"];
const TIMES: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%H%M%S%.f", "%H%M"];

const SECOND: u32 = 1_000_000_000;

impl Moment {
    /// The date in UTC.
    pub fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Instant(instant) => instant.date_naive(),
        }
    }

    /// The instant; of a date, its beginning in UTC.
    pub fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Date(date) => Expiry::on(date).instant(),
            Self::Instant(instant) => instant,
        }
    }
}

impl TryFrom<&str> for Moment {
    type Error = InvalidMoment;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let moment = read(text.trim()).ok_or(InvalidMoment)?;
        if is_storable(moment.date()) {
            Ok(moment)
        } else {
            Err(InvalidMoment)
        }
    }
}

fn read(text: &str) -> Option<Moment> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        None => (text, None),
        Some((date, time)) => (date, Some(time)),
    };
    let date = in_any_form(&DATES, |form| NaiveDate::parse_from_str(date, form).ok())?;
    let Some(time) = time else {
        return Some(Moment::Date(date));
    };
    let end = time.find(|letter: char| !is_of_a_time(letter));
    let (time, zone) = time.split_at(end.unwrap_or(time.len()));
    let (time, more) = time_of_day(time)?;
    let offset = Duration::seconds(offset(zone)?.local_minus_utc().into());
    let instant = date.and_time(time).checked_add_signed(more)?;
    let instant = instant.checked_sub_signed(offset)?;
    Some(Moment::Instant(instant.and_utc()))
}

fn is_of_a_time(letter: char) -> bool {
    letter.is_ascii_digit() || matches!(letter, ':' | '.' | ',')
}

/// The time of day, and what is to be added to it: 24:00 is the beginning of the next day, and a leap second the
/// beginning of the next minute, because few programs read a second 60.
fn time_of_day(text: &str) -> Option<(NaiveTime, Duration)> {
    let text = match text.len() {
        2 => format!("{text}:00"),
        _ => text.replace(',', "."),
    };
    let read = |text: &str| in_any_form(&TIMES, |form| NaiveTime::parse_from_str(text, form).ok());
    if let Some(rest) = text.strip_prefix("24") {
        let midnight = read(&format!("00{rest}")).filter(|time| *time == NaiveTime::MIN)?;
        return Some((midnight, Duration::days(1)));
    }
    let time = read(&text)?;
    match time.nanosecond().checked_sub(SECOND) {
        None => Some((time, Duration::zero())),
        Some(beyond) => Some((time.with_nanosecond(beyond)?, Duration::seconds(1))),
    }
}

/// The distance from UTC.
fn offset(zone: &str) -> Option<FixedOffset> {
    let zone = zone.trim_start();
    if matches!(zone, "" | "Z" | "z" | "UTC") {
        return FixedOffset::east_opt(0);
    }
    let digits = zone.strip_prefix(['+', '-']).unwrap_or(zone);
    let is_of_one = |byte: u8| byte.is_ascii_digit() || byte == b':';
    if digits.len() > 5 || !digits.bytes().all(is_of_one) {
        return None;
    }
    let sign = if zone.starts_with('-') { '-' } else { '+' };
    let minutes = if digits.len() == 2 { "00" } else { "" };
    format!("{sign}{digits}{minutes}").parse().ok()
}

fn in_any_form<T>(forms: &[&str], read: impl FnMut(&&str) -> Option<T>) -> Option<T> {
    forms.iter().find_map(read)
}

#[cfg(test)]
#[path = "moment_tests.rs"]
mod tests;
