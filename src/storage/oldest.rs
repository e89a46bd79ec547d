//! Deletes what is old, some rows at a time: others wait while a statement deletes.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetableMany,
};

use crate::storage::connect::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;

/// The most rows that one statement deletes.
const AT_A_TIME: usize = 1000;

/// Deletes some of the rows that are `old`, the first by `order`, and returns their number; true if there may be more of the same
/// day. One that is not old any more when it is deleted stays.
///
/// All are of one day, that of the oldest, whatever is old: by a clock that is years ahead everything is, and other
/// instances know better.
///
/// `order` is that of an index which begins with the instants that make rows old, so that no others are read.
pub(super) async fn delete_oldest<E: EntityTrait>(
    db: &Db,
    old: Condition,
    id: E::Column,
    order: &[E::Column],
) -> Result<(u64, bool), StorageError>
where
    (i64, Instant): TryGetableMany,
{
    let Some(by) = order.first() else {
        return Ok((0, false));
    };
    let mut oldest = E::find().select_only().column(id).column(*by);
    for column in order {
        oldest = oldest.order_by_asc(*column);
    }
    let one_more = u64::try_from(AT_A_TIME)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let oldest: Vec<(i64, Instant)> = oldest
        .filter(old.clone())
        .limit(one_more)
        .into_tuple()
        .all(&db.connection)
        .await?;
    let Some((_, Instant(first))) = oldest.first() else {
        return Ok((0, false));
    };
    let of_that_day = oldest
        .iter()
        .take_while(|(_, Instant(at))| at.date() == first.date());
    let mut ids: Vec<i64> = of_that_day.map(|(id, _)| *id).collect();
    let has_rest = ids.len() > AT_A_TIME;
    ids.truncate(AT_A_TIME);
    let deleted = E::delete_many().filter(id.is_in(ids)).filter(old);
    let number = deleted.exec(&db.connection).await?.rows_affected;
    Ok((number, has_rest))
}
