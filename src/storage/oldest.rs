//! Deletes what is old, some rows at a time: others wait while a statement deletes.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetableMany,
};

use crate::storage::connect::Db;
use crate::storage::error::StorageError;

/// The most rows that one statement deletes.
const AT_A_TIME: usize = 1000;

/// Deletes some of the rows that are `old`, the first by `order`, and returns their number; true if there may be more. One that
/// is not old any more when it is deleted stays.
///
/// `order` is that of an index which begins with what makes rows old, so that no others are read.
pub(super) async fn delete_oldest<E: EntityTrait>(
    db: &Db,
    old: Condition,
    id: E::Column,
    order: &[E::Column],
) -> Result<(u64, bool), StorageError>
where
    (i64,): TryGetableMany,
{
    let mut oldest = E::find().select_only().column(id).filter(old.clone());
    for column in order {
        oldest = oldest.order_by_asc(*column);
    }
    let oldest: Vec<i64> = oldest
        .limit(u64::try_from(AT_A_TIME).unwrap_or(u64::MAX))
        .into_tuple()
        .all(&db.connection)
        .await?;
    let has_rest = oldest.len() >= AT_A_TIME;
    if oldest.is_empty() {
        return Ok((0, false));
    }
    let deleted = E::delete_many().filter(id.is_in(oldest)).filter(old);
    let number = deleted.exec(&db.connection).await?.rows_affected;
    Ok((number, has_rest))
}
