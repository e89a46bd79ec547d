//! Pages of queries, and searches for text.

use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::domain::page::{Listing, Page, PageRequest, Paging, Slice};
use crate::domain::text::{MAX_LINE, folded};
use crate::storage::error::StorageError;
use crate::storage::source::Source;

/// The rows of one page of `query`, and the length of the whole.
pub(super) async fn page_of<E, M>(
    source: &impl Source,
    query: Select<E>,
    request: PageRequest,
) -> Result<Page<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let _turn = source.turn().await?;
    let total = query.clone().count(source.connection()).await?;
    let offset = request.offset();
    // No database takes an offset beyond this, and no list is longer.
    let items = if offset >= total {
        Vec::new()
    } else {
        query
            .offset(offset)
            .limit(request.size)
            .all(source.connection())
            .await?
    };
    Ok(Page {
        items,
        total,
        request,
    })
}

/// The rows of a part of `query`: of one page, `sort`ed, or after an id, in the order of ids.
pub(super) async fn listing_of<E, M, C>(
    source: &impl Source,
    query: Select<E>,
    sort: impl FnOnce(Select<E>) -> Select<E>,
    (id, id_of): (C, impl Fn(&M) -> i64),
    paging: Paging,
) -> Result<Listing<M>, StorageError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
    C: ColumnTrait,
{
    let request = match paging {
        Paging::Offset(request) => {
            return Ok(Listing::Page(page_of(source, sort(query), request).await?));
        }
        Paging::Keyset(request) => request,
    };
    let _turn = source.turn().await?;
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
    // One row more than wanted shows if there is a rest.
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);
    let mut items = rest
        .order_by(id, order)
        .limit(request.size.saturating_add(1))
        .all(source.connection())
        .await?;
    let has_rest = items.len() > size;
    items.truncate(size);
    let next = items.last().map(&id_of).filter(|_| has_rest);
    Ok(Listing::Slice(Slice {
        items,
        next,
        request,
    }))
}

/// A part of a list with other items.
pub(super) fn try_map_listing<T, U>(
    listing: Listing<T>,
    to: impl FnMut(T) -> Result<U, StorageError>,
) -> Result<Listing<U>, StorageError> {
    Ok(match listing {
        Listing::Page(page) => Listing::Page(try_map(page, to)?),
        Listing::Slice(slice) => Listing::Slice(Slice {
            items: slice.items.into_iter().map(to).collect::<Result<_, _>>()?,
            next: slice.next,
            request: slice.request,
        }),
    })
}

/// A page with other items.
pub(super) fn try_map<T, U>(
    page: Page<T>,
    to: impl FnMut(T) -> Result<U, StorageError>,
) -> Result<Page<U>, StorageError> {
    let items = page.items.into_iter().map(to).collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        total: page.total,
        request: page.request,
    })
}

/// The condition that a column with folded texts contains `text`; wildcards in the text are letters.
pub(super) fn contains(column: impl ColumnTrait, text: &str) -> Expr {
    like(column, text, "%")
}

/// The same for the texts of the column that another one follows.
pub(super) fn contains_before_the_last(column: impl ColumnTrait, text: &str) -> Expr {
    like(column, text, "%\n%")
}

fn like(column: impl ColumnTrait, text: &str, rest: &str) -> Expr {
    // The database is not asked: it would refuse a pattern that is too long, which would look like a
    // failure that passes. No text has a control character, and a line break stands between two texts.
    if text.chars().count() > MAX_LINE || text.chars().any(char::is_control) {
        return nothing();
    }
    let pattern = format!("%{}{rest}", literally(&folded(text)));
    column.like(LikeExpr::new(pattern).escape('!'))
}

/// A condition that no row fulfils.
pub(super) fn nothing() -> Expr {
    Expr::value(1).eq(0)
}

/// The condition that a column of lower-case text begins with `text`; wildcards in the text are letters.
pub(super) fn begins_with(column: impl ColumnTrait, text: &str) -> Expr {
    column.like(LikeExpr::new(format!("{}%", literally(text))).escape('!'))
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
