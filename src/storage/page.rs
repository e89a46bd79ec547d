//! Pages of queries, and searches for text.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::domain::page::{Listing, Page, PageRequest, Paging, Slice};
use crate::domain::text::MAX_LINE;
use crate::storage::error::StorageError;
use crate::storage::source::Source;

/// The most letters beyond ASCII that are also searched for in other forms: databases limit the depth of
/// expressions.
const MOST_FORMS: usize = 100;
/// The form of a small sigma at the end of a word.
const FINAL_SIGMA: char = 'ς';

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

/// The condition that a column contains `text` in any letter case; wildcards in the text are letters.
pub(super) fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    // The database is not asked: it would refuse a pattern that is too long, which would look like a
    // failure that passes.
    if text.chars().count() > MAX_LINE {
        return nothing();
    }
    let text = lowered(text);
    let mut column = Expr::expr(Func::lower(Expr::col(column)));
    // SQLite, and PostgreSQL in some locales, do not make capitals beyond ASCII small, so we replace those
    // of the text ourselves.
    for (form, letter) in other_forms(&text).into_iter().take(MOST_FORMS) {
        column = Expr::expr(Func::cust("REPLACE").args([
            column,
            Expr::value(form.to_string()),
            Expr::value(letter.to_string()),
        ]));
    }
    let pattern = format!("%{}%", literally(&text));
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

/// The text in lower case, letter by letter, as most databases do it: a sigma at the end of a word is not special.
fn lowered(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase);
    letters
        .map(|letter| if letter == FINAL_SIGMA { 'σ' } else { letter })
        .collect()
}

/// The other forms that the letters beyond ASCII of a lowered text may have in a column, each with its letter.
fn other_forms(lowered: &str) -> BTreeMap<char, char> {
    let letters = lowered.chars().filter(|letter| !letter.is_ascii());
    let mut forms: BTreeMap<char, char> = letters
        .filter_map(|letter| Some((alone(letter.to_uppercase())?, letter)))
        .filter(|&(form, letter)| form != letter && alone(form.to_lowercase()) == Some(letter))
        .collect();
    if forms.contains_key(&'Σ') {
        forms.insert(FINAL_SIGMA, 'σ');
    }
    forms
}

fn alone(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
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
