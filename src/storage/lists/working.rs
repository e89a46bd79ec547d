//! Counts of tokens that work, which must not look at the others: nobody deletes those that ended or were revoked, and who makes a
//! token for each job has very many of them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Asterisk, Expr, Func, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, Select,
};

use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;
use crate::storage::source::Source;

/// The conditions of which one holds if the end in `column` is after `instant` or there is none. Each is a range of an index; of
/// both together, databases rather read all rows to which other conditions lead.
pub(in crate::storage) fn ways_to_go_on(column: impl ColumnTrait, instant: Instant) -> [Expr; 2] {
    [column.is_null(), column.gt(instant)]
}

/// The number of rows of `query` that fulfil one of `conditions`, of which no row fulfils two. Each is looked for by itself.
pub(in crate::storage) async fn count_by_each<E: EntityTrait>(
    source: &impl Source,
    (query, id): (Select<E>, impl ColumnTrait),
    conditions: impl IntoIterator<Item = Condition>,
) -> Result<u64, StorageError> {
    let query = query.select_only().column(id);
    let parts = conditions
        .into_iter()
        .map(|condition| query.clone().filter(condition).into_query());
    let all = parts.reduce(|mut all, part| all.union(UnionType::All, part).take());
    let Some(all) = all else {
        return Ok(0);
    };
    let count = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(all, "working")
        .take();
    let [number] = counted(source, &count).await?;
    Ok(number)
}

/// The numbers of rows of `query` that end after `now`, and at one of `ends` at the latest.
pub(in crate::storage) async fn count_ending<E: EntityTrait, const N: usize>(
    source: &impl Source,
    (query, expires_at): (Select<E>, impl ColumnTrait),
    now: DateTime<Utc>,
    ends: [DateTime<Utc>; N],
) -> Result<[u64; N], StorageError> {
    let last = ends.iter().max().copied().unwrap_or(now);
    let mut select = query
        .select_only()
        .filter(expires_at.gt(Instant::from(now)))
        .filter(expires_at.lte(Instant::from(last)))
        .into_query();
    for end in ends {
        let is_in_time = expires_at.lte(Instant::from(end));
        select.expr(Func::count(Expr::case(is_in_time, 1)));
    }
    counted(source, &select).await
}

/// The numbers in the only row of an answer.
async fn counted<const N: usize>(
    source: &impl Source,
    select: &SelectStatement,
) -> Result<[u64; N], StorageError> {
    let row = source.connection().query_one(select).await?;
    let mut numbers = [0; N];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = number_at(row.as_ref(), index)?;
    }
    Ok(numbers)
}

fn number_at(row: Option<&QueryResult>, index: usize) -> Result<u64, DbErr> {
    let number: i64 = match row {
        Some(row) => row.try_get_by_index(index)?,
        None => 0,
    };
    Ok(u64::try_from(number).unwrap_or_default())
}
