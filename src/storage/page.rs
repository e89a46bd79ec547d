//! A page of a query, and how text is searched for.

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr};
use sea_orm::{EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Select};

use super::error::StorageError;
use super::source::Source;
use crate::domain::page::{Page, PageRequest};

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
    // `!` escapes on every database alike; a backslash does not.
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(pattern).escape('!'))
}
