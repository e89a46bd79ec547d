//! Counts of tokens that work, which must not look at the others: nobody deletes those that ended or were revoked, and who makes a
//! token for each job has very many of them.

use sea_orm::sea_query::{Asterisk, Expr, Func, Query, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    Select,
};

use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;
use crate::storage::source::Source;

/// The conditions of which one holds if the end in `column` is after `instant` or there is none. Each is a range of an index; of
/// both together, databases rather read all rows to which other conditions lead.
pub(super) fn ways_to_go_on(column: impl ColumnTrait, instant: Instant) -> [Expr; 2] {
    [column.is_null(), column.gt(instant)]
}

/// The number of rows of `query` that fulfil one of `conditions`, of which no row fulfils two. Each is looked for by itself.
pub(super) async fn count_by_each<E: EntityTrait>(
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
    let row = source.connection().query_one(&count).await?;
    let number = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
    Ok(u64::try_from(number.unwrap_or_default()).unwrap_or_default())
}
