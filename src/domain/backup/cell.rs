//! Cells: the values of a row, in one form for all kinds of databases.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveDateTime, Timelike};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::backup::bounds;
use crate::domain::expiry::is_storable;

/// The nanoseconds of a second; more are a leap second, which no database keeps.
const SECOND: u32 = 1_000_000_000;

/// The form of an instant, which is in UTC.
const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.fZ";

/// The kind of the cells in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A text.
    Text,
    /// Bytes, in base 64.
    Bytes,
    /// An instant in UTC.
    Instant,
}

/// One value of a row, or its absence. It may be anybody's address or the digest of a secret, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant in UTC.
    Instant(NaiveDateTime),
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell(…)")
    }
}

impl Cell {
    /// The form in a line of a backup.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::from(*number),
            Self::Boolean(value) => Value::from(*value),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
            Self::Instant(instant) => Value::from(instant.format(INSTANT).to_string()),
        }
    }

    /// The cell of that kind in a line of a backup; none if it is of another kind. It may be out of bounds.
    pub fn from_json(kind: CellKind, value: Value) -> Option<Self> {
        match (kind, value) {
            (_, Value::Null) => Some(Self::Null),
            (CellKind::Integer, Value::Number(number)) => number.as_i64().map(Self::Integer),
            (CellKind::Boolean, Value::Bool(value)) => Some(Self::Boolean(value)),
            (CellKind::Text, Value::String(text)) => Some(Self::Text(text)),
            (CellKind::Bytes, Value::String(text)) => STANDARD.decode(text).ok().map(Self::Bytes),
            (CellKind::Instant, Value::String(text)) => {
                let instant = NaiveDateTime::parse_from_str(&text, INSTANT);
                instant.ok().map(Self::Instant)
            }
            _ => None,
        }
    }

    /// True if every database keeps it, and a restoration takes it.
    pub fn is_in_bounds(&self) -> bool {
        match self {
            Self::Integer(number) => bounds::is_number(*number),
            Self::Instant(instant) => is_storable(instant.date()) && instant.nanosecond() < SECOND,
            Self::Null | Self::Boolean(_) | Self::Text(_) | Self::Bytes(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cell_comes_back(
            number in -bounds::LARGEST_NUMBER..=bounds::LARGEST_NUMBER,
            text in ".*",
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            micros in 0_i64..253_402_300_800_000_000,
        ) {
            let instant = chrono::DateTime::from_timestamp_micros(micros).unwrap().naive_utc();
            for (kind, cell) in [
                (CellKind::Integer, Cell::Integer(number)),
                (CellKind::Boolean, Cell::Boolean(number > 0)),
                (CellKind::Text, Cell::Text(text)),
                (CellKind::Bytes, Cell::Bytes(bytes)),
                (CellKind::Instant, Cell::Instant(instant)),
                (CellKind::Instant, Cell::Null),
            ] {
                prop_assert!(Cell::from_json(kind, cell.to_json()) == Some(cell));
            }
        }
    }

    #[test]
    fn a_cell_of_another_kind_or_out_of_bounds_is_none() {
        for (kind, value) in [
            (CellKind::Integer, Value::from(1.5)),
            (CellKind::Boolean, Value::from(1)),
            (CellKind::Text, Value::from(1)),
            (CellKind::Bytes, Value::from("?")),
            (CellKind::Instant, Value::from("yesterday")),
            (CellKind::Integer, Value::from(i64::MAX)),
            (CellKind::Integer, Value::from(i64::MIN)),
            (CellKind::Integer, Value::from(u64::MAX)),
            (CellKind::Instant, Value::from("0999-12-31T00:00:00Z")),
            (CellKind::Instant, Value::from("+10000-01-01T00:00:00Z")),
            (CellKind::Instant, Value::from("2026-12-31T23:59:60Z")),
        ] {
            let cell = Cell::from_json(kind, value);
            assert!(cell.is_none_or(|cell| !cell.is_in_bounds()), "{kind:?}");
        }
    }
}
