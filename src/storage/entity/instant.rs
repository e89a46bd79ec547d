//! Instants in columns.

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

/// An instant in UTC, bound as a date and time without zone.
///
/// Bound as `DateTime<Utc>` it would be a TIMESTAMP to MariaDB, which turns every instant beyond 2038
/// into NULL: a token that ends in 2050 would never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveValueType)]
pub struct Instant(pub NaiveDateTime);

impl From<DateTime<Utc>> for Instant {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.naive_utc())
    }
}

impl From<Instant> for DateTime<Utc> {
    fn from(instant: Instant) -> Self {
        instant.0.and_utc()
    }
}

/// The condition that the end in `column` is after `instant`, or that there is no end.
pub fn goes_on_after(column: impl ColumnTrait, instant: impl Into<Instant>) -> Condition {
    Condition::any()
        .add(column.is_null())
        .add(column.gt(instant.into()))
}
