//! Deletes what is old, some rows at a time: others wait while a statement deletes.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetableMany,
};

use crate::storage::connections::db::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;

/// The most rows that one statement deletes.
const AT_A_TIME: usize = 1000;

/// One purge of a kind of row, in parts. Rows may be old for several reasons; it deletes one day of each, one after the other.
#[derive(Debug, Default)]
pub struct PurgePass(AtomicUsize);

impl PurgePass {
    /// Deletes the next part, of the rows that are old for the reason with the number that `delete` gets, and then of those for the
    /// next reason, `reasons` in all; returns their number, and true if there may be more of the same day. After the last
    /// reason, the next part begins another purge.
    pub async fn part<D>(
        &self,
        reasons: usize,
        delete: impl Fn(usize) -> D,
    ) -> Result<(u64, bool), StorageError>
    where
        D: Future<Output = Result<(u64, bool), StorageError>>,
    {
        let mut number: u64 = 0;
        for reason in self.0.load(Ordering::Relaxed)..reasons {
            self.0.store(reason, Ordering::Relaxed);
            let (deleted, has_rest) = delete(reason).await?;
            number = number.saturating_add(deleted);
            if has_rest {
                return Ok((number, true));
            }
        }
        self.0.store(0, Ordering::Relaxed);
        Ok((number, false))
    }
}

/// Deletes some of the rows that are old for one of these reasons, and returns their number; true if there may be more of the same
/// day. Each reason has the column of the instants that make rows old, with whose index it goes, as [`delete_oldest`] does.
pub(in crate::storage) async fn delete_oldest_by<E: EntityTrait>(
    db: &Db,
    reasons: &[(Condition, E::Column)],
    id: E::Column,
    pass: &PurgePass,
) -> Result<(u64, bool), StorageError>
where
    (i64, Instant): TryGetableMany,
{
    let delete = |reason: usize| async move {
        match reasons.get(reason) {
            Some((old, column)) => delete_oldest::<E>(db, old.clone(), id, &[*column, id]).await,
            None => Ok((0, false)),
        }
    };
    pass.part(reasons.len(), delete).await
}

/// Deletes some of the rows that are `old`, the first by `order`, and returns their number; true if there may be more of the same
/// day. One that is not old any more when it is deleted stays.
///
/// All are of one day, that of the oldest, whatever is old: by a clock that is years ahead everything is, and other
/// instances know better.
///
/// `order` is that of an index which begins with the instants that make rows old, so that no others are read.
pub(in crate::storage) async fn delete_oldest<E: EntityTrait>(
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// While the first reason has more of its day, the second one's next days stay.
    #[tokio::test]
    async fn a_pass_deletes_one_day_for_each_reason() {
        let pass = PurgePass::default();
        // The parts of the days that are left, by reason: the numbers of rows.
        let days = Mutex::new([vec![vec![5], vec![1000, 7]], vec![vec![2], vec![1000, 3]]]);
        let delete = |reason: usize| {
            let mut days = days.lock().unwrap();
            let day: &mut Vec<u64> = days[reason].last_mut().unwrap();
            let number = day.remove(0);
            let has_rest = !day.is_empty();
            if !has_rest {
                days[reason].pop();
            }
            async move { Ok((number, has_rest)) }
        };
        for expected in [(1000, true), (1007, true), (3, false), (7, false)] {
            assert_eq!(pass.part(2, delete).await.unwrap(), expected);
        }
    }
}
