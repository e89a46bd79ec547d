//! The numbered changes, for followers who keep copies.

use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use crate::domain::events::subject::Touched;
use crate::storage::change::{COUNTER, EVERYTHING};
use crate::storage::connect::Db;
use crate::storage::entity::{change, change_counter};
use crate::storage::error::StorageError;

/// A numbered change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedChange {
    /// The number; none is ever skipped.
    pub number: i64,
    /// The things that it touched; none if it may have been anything.
    pub touched: Option<Vec<Touched>>,
}

impl Db {
    /// The number of the last change.
    pub async fn last_change(&self) -> Result<i64, StorageError> {
        let counter = change_counter::Entity::find_by_id(COUNTER)
            .one(&self.connection)
            .await?;
        Ok(counter.ok_or(StorageError::NoSchema)?.number)
    }

    /// The changes after `number`, in order.
    pub async fn changes_after(&self, number: i64) -> Result<Vec<NumberedChange>, StorageError> {
        let later = change::Entity::find()
            .filter(change::COLUMN.number.gt(number))
            .order_by_asc(change::Column::Number);
        let rows = later.all(&self.connection).await?;
        Ok(rows.into_iter().map(to_change).collect())
    }
}

/// Reads a change; a subject that this version cannot read may be anything.
fn to_change(row: change::Model) -> NumberedChange {
    let subjects = row.subjects.filter(|subjects| subjects != EVERYTHING);
    let touched = subjects.and_then(|subjects| {
        let subjects = subjects.split_whitespace().map(str::parse);
        subjects.collect::<Result<_, _>>().ok()
    });
    NumberedChange {
        number: row.number,
        touched,
    }
}
