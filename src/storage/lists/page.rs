//! Pages of queries, and searches for text.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Func, LikeExpr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Order,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value,
};

use crate::domain::page::{
    IdBounds, KeysetRequest, Listing, ListingPlace, MAX_COUNTED, Page, PageRequest, Paging, Slice,
};
use crate::domain::text::{MAX_LINE, folded};
use crate::storage::error::StorageError;
use crate::storage::lists::candidates::{Candidates, candidates};
use crate::storage::lists::letter_pairs::Named;
use crate::storage::source::{Source, Turn};

/// The rows of a list.
#[derive(Debug)]
pub(in crate::storage) struct Wanted<E: EntityTrait> {
    query: Select<E>,
    /// The turn in which something was looked up for it already.
    turn: Option<Turn>,
}

impl<E: EntityTrait> From<Select<E>> for Wanted<E> {
    fn from(query: Select<E>) -> Self {
        Self { query, turn: None }
    }
}

/// The rows of `query` that fulfil `condition`, which looks for `text` in their names: no others are looked at, unless many
/// may have it.
pub(in crate::storage) async fn having<E: EntityTrait>(
    source: &impl Source,
    (query, condition): (Select<E>, Condition),
    (kind, id): (Named, impl ColumnTrait),
    text: &str,
) -> Result<Wanted<E>, StorageError> {
    let turn = source.turn().await?;
    let query = match candidates((source, &turn), kind, text).await? {
        Candidates::Only(ids) if ids.is_empty() => query.filter(nothing()),
        Candidates::Only(ids) => {
            // As a case it leads to no index: SQLite would rather read all rows of a kind than look for some hundred ids.
            let holds: Expr = Expr::case(condition, 1).finally(0).into();
            query.filter(is_one_of(id, ids)).filter(holds.eq(1))
        }
        Candidates::Many => query.filter(condition),
    };
    let turn = Some(turn);
    Ok(Wanted { query, turn })
}

/// The condition that a column has one of some values.
pub(in crate::storage) fn is_one_of<V: Into<Value> + Clone>(
    column: impl ColumnTrait,
    values: impl IntoIterator<Item = V>,
) -> Expr {
    column.is_in(filled(values))
}

/// The condition that a column has none of some values.
pub(in crate::storage) fn is_none_of<V: Into<Value> + Clone>(
    column: impl ColumnTrait,
    values: impl IntoIterator<Item = V>,
) -> Expr {
    column.is_not_in(filled(values))
}

/// The values, filled up to a power of two with the last one: each number of them would be another statement, which connections keep.
fn filled<V: Clone>(values: impl IntoIterator<Item = V>) -> Vec<V> {
    let mut values: Vec<V> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

/// The rows of a part of `wanted`: of one page, `sort`ed, or after an id, in the order of ids.
pub(in crate::storage) async fn listing_of<E, M, C>(
    source: &impl Source,
    wanted: impl Into<Wanted<E>>,
    sort: impl FnOnce(Select<E>) -> Select<E>,
    (id, id_of): (C, impl Fn(&M) -> i64),
    paging: Paging,
) -> Result<Listing<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
    C: ColumnTrait,
{
    let Wanted { query, turn } = wanted.into();
    let turn = match turn {
        Some(turn) => turn,
        None => source.turn().await?,
    };
    match paging {
        Paging::Offset(request) => page_of(source, &turn, (query, sort, id), request).await,
        Paging::Keyset(request) => {
            let query = after(query, id, request);
            slice_of(source, &turn, query, (id_of, request)).await
        }
    }
}

/// The rows of one page, and the length of the whole if it is short. What the rows tell already is not counted: most
/// searches find less than a page, and their cost is the cost of looking at every row.
async fn page_of<E, M>(
    source: &impl Source,
    turn: &Turn,
    (query, sort, id): (
        Select<E>,
        impl FnOnce(Select<E>) -> Select<E>,
        impl ColumnTrait,
    ),
    request: PageRequest,
) -> Result<Listing<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let offset = request.offset();
    let page = sort(query.clone())
        .offset(offset)
        .limit(request.size.saturating_add(1))
        .all(source.connection());
    let mut items = turn.bound(source, page).await?;
    let (has_rest, found) = cut(&mut items, request.size);
    let least = offset.saturating_add(found);
    let total = if found > 0 && least > MAX_COUNTED {
        None
    } else if !has_rest && (found > 0 || offset == 0) {
        Some(least)
    } else {
        count_of(source, turn, query, id).await?
    };
    let place = ListingPlace::Page(Page {
        total,
        has_rest,
        request,
    });
    Ok(Listing { items, place })
}

/// The number of rows of `query`; none if there are more than are counted.
async fn count_of<E: EntityTrait>(
    source: &impl Source,
    turn: &Turn,
    query: Select<E>,
    id: impl ColumnTrait,
) -> Result<Option<u64>, StorageError> {
    let some = query
        .select_only()
        .column(id)
        .limit(MAX_COUNTED + 1)
        .into_query();
    let count = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(some, "some")
        .take();
    let counted = turn
        .bound(source, source.connection().query_one(&count))
        .await?;
    let number = counted.map(|row| row.try_get_by_index::<i64>(0));
    let number = u64::try_from(number.transpose()?.unwrap_or_default());
    Ok(number.ok().filter(|&number| number <= MAX_COUNTED))
}

/// The rows of `query` that a request for a slice wants, and one more.
fn after<E: EntityTrait>(
    query: Select<E>,
    id: impl ColumnTrait,
    request: KeysetRequest,
) -> Select<E> {
    let rest = match request.after {
        None => query,
        Some(after) if request.descending => query.filter(id.lt(after)),
        Some(after) => query.filter(id.gt(after)),
    };
    let order = if request.descending {
        Order::Desc
    } else {
        Order::Asc
    };
    rest.order_by(id, order)
        .limit(request.size.saturating_add(1))
}

/// The rows of `query` that `request` wants, which must be ordered, and begin after the row that it names.
pub(in crate::storage) async fn slice_from<E, M>(
    source: &impl Source,
    query: Select<E>,
    id_of: impl Fn(&M) -> i64,
    request: KeysetRequest,
) -> Result<Listing<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let turn = source.turn().await?;
    let query = query.limit(request.size.saturating_add(1));
    slice_of(source, &turn, query, (id_of, request)).await
}

async fn slice_of<E, M>(
    source: &impl Source,
    turn: &Turn,
    query: Select<E>,
    (id_of, request): (impl Fn(&M) -> i64, KeysetRequest),
) -> Result<Listing<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let mut items = turn.bound(source, query.all(source.connection())).await?;
    let (has_rest, _) = cut(&mut items, request.size);
    let next = items.last().map(id_of).filter(|_| has_rest);
    let place = ListingPlace::Slice(Slice { next, request });
    Ok(Listing { items, place })
}

/// Leaves the rows that are wanted: one more shows that there is a rest. True if there is, and the number of rows left.
fn cut<M>(items: &mut Vec<M>, size: u64) -> (bool, u64) {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_rest = items.len() > size;
    items.truncate(size);
    (has_rest, u64::try_from(items.len()).unwrap_or(u64::MAX))
}

/// The condition that an id is within bounds.
pub(in crate::storage) fn between(id: impl ColumnTrait, bounds: IdBounds) -> Condition {
    Condition::all()
        .add_option(bounds.after.map(|after| id.gt(after)))
        .add_option(bounds.before.map(|before| id.lt(before)))
}

/// The condition that a column with folded texts contains `text`; wildcards in the text are letters.
pub(in crate::storage) fn contains(column: impl ColumnTrait, text: &str) -> Expr {
    contains_in(Expr::col(column.as_column_ref()), text)
}

/// The same for any expression.
pub(in crate::storage) fn contains_in(texts: Expr, text: &str) -> Expr {
    like(texts, text, ("%", "%"))
}

/// The same for the texts of the column that another one follows.
pub(in crate::storage) fn contains_before_the_last(column: impl ColumnTrait, text: &str) -> Expr {
    like(Expr::col(column.as_column_ref()), text, ("%", "%\n%"))
}

/// The place of a text among several in a column, each on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum TextLine {
    First,
    Middle,
    Last,
}

/// The condition that `text` is the whole of a line of a column with folded texts.
pub(in crate::storage) fn is_line(column: impl ColumnTrait, text: &str, line: TextLine) -> Expr {
    let around = match line {
        TextLine::First => ("", "\n%"),
        TextLine::Middle => ("%\n", "\n%"),
        TextLine::Last => ("%\n", ""),
    };
    like(Expr::col(column.as_column_ref()), text, around)
}

fn like(texts: Expr, text: &str, (before, after): (&str, &str)) -> Expr {
    // The database is not asked: it would refuse a pattern that is too long, which would look like a
    // failure that passes. No text has a control character, and a line break stands between two texts.
    if text.chars().count() > MAX_LINE || text.chars().any(char::is_control) {
        return nothing();
    }
    let fold = folded(text);
    // Nothing is left of a text of marks that are folded away, and everything contains nothing.
    if fold.is_empty() && !text.is_empty() {
        return nothing();
    }
    let pattern = format!("{before}{}{after}", literally(&fold));
    texts.like(LikeExpr::new(pattern).escape('!'))
}

/// A condition that no row fulfils.
pub(in crate::storage) fn nothing() -> Expr {
    Expr::value(1).eq(0)
}

/// The condition that a column of lower-case text begins with `text`; wildcards in the text are letters. SQLite reads all rows to
/// which nothing else leads.
pub(in crate::storage) fn begins_with(column: impl ColumnTrait, text: &str) -> Expr {
    column.like(LikeExpr::new(format!("{}%", literally(text))).escape('!'))
}

/// The same by the order of the column, which leads to its rows by itself. SQLite uses no index for a pattern; where its letters
/// have their own order, the range is the same.
pub(in crate::storage) fn begins_in_order(
    column: impl ColumnTrait,
    text: &str,
    backend: DbBackend,
) -> Condition {
    let begins = Condition::all().add(begins_with(column, text));
    match backend {
        DbBackend::Sqlite => begins
            .add(column.gte(text))
            .add_option(behind_all(text).map(|end| column.lt(end))),
        _ => begins,
    }
}

/// The first text behind all that begin with `text`.
fn behind_all(text: &str) -> Option<String> {
    let (at, last) = text.char_indices().last()?;
    let next = char::from_u32(u32::from(last).checked_add(1)?)?;
    Some(format!("{}{next}", text.get(..at)?))
}

/// The condition that a column of paths has one that is below `path`.
pub(in crate::storage) fn is_below(
    column: impl ColumnTrait,
    path: &str,
    backend: DbBackend,
) -> Condition {
    begins_in_order(column, &format!("{path}/"), backend)
}

/// A pattern that matches the text itself. `!` is the escape on every database; a backslash would differ.
fn literally(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern
}
