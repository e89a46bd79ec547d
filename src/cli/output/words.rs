//! Words that all nouns' tables have in common.

use chrono::{DateTime, Utc};

use crate::domain::expiry::Expiry;
use crate::domain::timestamp;

/// A date, or an instant in UTC with whole seconds; `-` for none.
pub(in crate::cli) fn end(expiry: Option<Expiry>) -> String {
    expiry.map_or_else(none, |expiry| expiry.to_string())
}

/// An instant in UTC with whole seconds, such as `2026-03-14T15:09:26Z`.
pub(in crate::cli) fn time(instant: DateTime<Utc>) -> String {
    timestamp::seconds(instant)
}

/// The same; `-` for none.
pub(in crate::cli) fn maybe_time(instant: Option<DateTime<Utc>>) -> String {
    instant.map_or_else(none, time)
}

fn none() -> String {
    "-".to_owned()
}

/// `, until 2099-01-01`, or nothing for what does not end.
pub(in crate::cli) fn until(expiry: Option<Expiry>) -> String {
    expiry.map_or_else(String::new, |expiry| format!(", until {expiry}"))
}
