//! A page of a query, and how text is searched for.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::error::StorageError;
use super::source::Source;
use crate::domain::page::{Listing, Page, PageRequest, Paging, Slice};

/// Most letters of a text that are looked for in both cases beyond ASCII, however many it has:
/// databases nest only so many expressions.
const MOST_CAPITALS: usize = 100;

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
    let total = query.clone().count(source.connection()).await?;
    let offset = request
        .number
        .saturating_sub(1)
        .saturating_mul(request.size);
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
    // One more than wanted tells whether there is a rest.
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

/// Whether a column contains `text` in any letter case; the text is no pattern.
pub(super) fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    let pattern = format!("%{}%", literally(&lowered(text)));
    let mut column = Expr::expr(Func::lower(Expr::col(column)));
    // SQLite, and PostgreSQL in some locales, know no capitals beyond ASCII: those of the text we
    // make small ourselves.
    for (capital, small) in capitals_beyond_ascii(text) {
        column = Expr::expr(Func::cust("REPLACE").args([
            column,
            Expr::value(capital.to_string()),
            Expr::value(small.to_string()),
        ]));
    }
    column.like(LikeExpr::new(pattern).escape('!'))
}

/// Whether a column of lower-case text begins with `text`; the text is no pattern.
pub(super) fn begins_with(column: impl ColumnTrait, text: &str) -> Expr {
    column.like(LikeExpr::new(format!("{}%", literally(text))).escape('!'))
}

/// Letter by letter, as databases do it: a sigma at the end of a word stays one like the others.
fn lowered(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The capitals beyond ASCII of the letters in `text`, each with its small letter.
fn capitals_beyond_ascii(text: &str) -> BTreeMap<char, char> {
    let letters = text.chars().filter(|letter| !letter.is_ascii());
    let small = letters.filter_map(|letter| alone(letter.to_lowercase()));
    small
        .filter_map(|small| Some((alone(small.to_uppercase())?, small)))
        .filter(|(capital, small)| {
            capital != small && alone(capital.to_lowercase()) == Some(*small)
        })
        .take(MOST_CAPITALS)
        .collect()
}

fn alone(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// A pattern for the text itself. `!` escapes on every database alike; a backslash does not.
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
