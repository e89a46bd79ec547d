//! The numbered changes, for followers who keep copies.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::events::subject::Touched;
use crate::storage::changes::change::EVERYTHING;
use crate::storage::changes::counter;
use crate::storage::connections::db::Db;
use crate::storage::entity::change;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;

/// The most changes that one statement deletes: others wait meanwhile.
const MOST_AT_ONCE: u64 = 1000;

/// The most changes that are read at once; who is further behind drops all copies, which is cheaper.
pub(super) const MOST_FOLLOWED: u64 = 200;

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
        counter::read(&self.follower).await
    }

    /// The changes after `number`, in order, 200 at most. If some of them are pruned, the first that is left counts as one that
    /// touched anything.
    pub async fn changes_after(&self, number: i64) -> Result<Vec<NumberedChange>, StorageError> {
        let later = change::Entity::find()
            .filter(change::COLUMN.number.gt(number))
            .order_by_asc(change::Column::Number)
            .limit(MOST_FOLLOWED);
        let rows = later.all(&self.follower).await?;
        let mut changes: Vec<NumberedChange> = rows.into_iter().map(to_change).collect();
        if let Some(first) = changes.first_mut()
            && first.number > number.saturating_add(1)
        {
            first.touched = None;
        }
        Ok(changes)
    }

    /// Deletes the changes that were made before `before`, but never the last one, by which whoever is behind
    /// notices it. Returns their number.
    pub async fn prune_changes(&self, before: DateTime<Utc>) -> Result<u64, StorageError> {
        let mut pruned = 0;
        loop {
            let old = Condition::all()
                .add(change::Column::CreatedAt.lt(Instant::from(before)))
                .add(change::Column::Number.lt(self.last_change().await?));
            let oldest: Vec<i64> = change::Entity::find()
                .select_only()
                .column(change::Column::Number)
                .filter(old)
                .order_by_asc(change::Column::Number)
                .limit(MOST_AT_ONCE)
                .into_tuple()
                .all(&self.connection)
                .await?;
            if oldest.is_empty() {
                return Ok(pruned);
            }
            let deleted = change::Entity::delete_many()
                .filter(change::Column::Number.is_in(oldest))
                .exec(&self.connection)
                .await?;
            pruned += deleted.rows_affected;
        }
    }
}

/// Reads a change; a subject that this version cannot read may be anything.
pub(super) fn to_change(row: change::Model) -> NumberedChange {
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
