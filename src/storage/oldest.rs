//! Deletes what is old, some rows at a time: others wait while a statement deletes.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetableMany,
};

use crate::storage::connect::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;

/// The most rows that one statement deletes.
const AT_A_TIME: usize = 1000;

/// One purge of a kind of row, in parts. Rows may be old for several reasons; it deletes one day of each, one after the other.
#[derive(Debug, Default)]
pub struct PurgePass(AtomicUsize);

impl PurgePass {
    /// True if the rows that are old for the reason with that number are still to be deleted.
    pub fn has_before_it(&self, reason: usize) -> bool {
        self.0.load(Ordering::Relaxed) <= reason
    }

    /// The rows of one day that are old for the reason with that number are deleted.
    pub fn is_over_with(&self, reason: usize) {
        self.0.store(reason.saturating_add(1), Ordering::Relaxed);
    }

    /// All reasons are done with: the next part begins another purge.
    pub fn begin_again(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

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
