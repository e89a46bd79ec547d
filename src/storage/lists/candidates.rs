//! The things that a search looks at: those whose names have the rarest pairs of its text.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Func, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, JoinType, Order};

use crate::domain::letter_pairs::{LetterPair, ids_in, pairs_for};
use crate::domain::text::folded;
use crate::storage::entity::letter_pair::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::Named;
use crate::storage::source::{Source, Turn};

/// The most pairs of a text that are looked at for the rarest of them.
const MOST_COMPARED: usize = 16;
/// The rows up to which pairs are compared.
const RARE: u64 = 200;
/// The pairs that things must have to be found.
const MOST_JOINED: usize = 6;
/// The most ids that a search looks at alone. A statement binds each, and connections keep their statements: of 1 000 ids it
/// is 0.2 MB, of 10 000 it was 2.7 MB. Texts that more names have are not rare, and a page is soon full of them.
const MOST_ALONE: u64 = 1000;
/// The rows that are read first; as many that are full are more than that.
const FIRST_ROWS: u64 = 20;

/// The things that may have a text in their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Candidates {
    /// These alone, by their ids.
    Only(Vec<i64>),
    /// Too many to look at them alone.
    Many,
}

/// The things of a kind that may have `text` in their names.
#[tracing::instrument(level = "debug", name = "storage.candidates", skip_all)]
pub(super) async fn candidates(
    (source, turn): (&impl Source, &Turn),
    kind: Named,
    text: &str,
) -> Result<Candidates, StorageError> {
    let pairs: Vec<LetterPair> = pairs_for(&folded(text)).into_iter().collect();
    if pairs.is_empty() {
        return Ok(Candidates::Many);
    }
    let Some(rarest) = rarest((source, turn), kind, pairs).await? else {
        return Ok(Candidates::Only(Vec::new()));
    };
    for most in [FIRST_ROWS, MOST_ALONE + 1] {
        let query = with_all(kind, &rarest, most);
        let rows = source.connection().query_all(&query);
        let rows = turn.bound(source, rows).await?;
        let mut ids = Vec::new();
        for row in &rows {
            let block: i64 = row.try_get_by_index(0)?;
            let mut bits = i64::MAX;
            for place in 1..=rarest.len() {
                bits &= row.try_get_by_index::<i64>(place)?;
            }
            ids.extend(ids_in(block, bits));
        }
        if is_above(ids.len(), MOST_ALONE) {
            return Ok(Candidates::Many);
        }
        if !is_above(rows.len() + 1, most) {
            return Ok(Candidates::Only(ids));
        }
    }
    Ok(Candidates::Many)
}

/// The rarest of the pairs; none if nothing has one of them.
async fn rarest(
    (source, turn): (&impl Source, &Turn),
    kind: Named,
    mut pairs: Vec<LetterPair>,
) -> Result<Option<Vec<LetterPair>>, StorageError> {
    pairs.truncate(MOST_COMPARED);
    let some_rows = |letters: &LetterPair| {
        let rows = Query::select()
            .column(Column::Letters)
            .from(letter_pair::Entity)
            .and_where(Column::Kind.eq(kind.number()))
            .and_where(Column::Letters.eq(*letters))
            .limit(RARE)
            .take();
        Query::select()
            .column(Column::Letters)
            .from_subquery(rows, "some")
            .take()
    };
    let rows = pairs
        .iter()
        .map(some_rows)
        .reduce(|mut all, more| all.union(UnionType::All, more).take());
    let Some(rows) = rows else {
        return Ok(None);
    };
    let compared = Query::select()
        .column(Column::Letters)
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(rows, "pairs")
        .group_by_col(Column::Letters)
        .take();
    let compared = source.connection().query_all(&compared);
    let mut found: Vec<(i64, LetterPair)> = Vec::new();
    for row in turn.bound(source, compared).await? {
        found.push((row.try_get_by_index(1)?, row.try_get_by_index(0)?));
    }
    if found.len() < pairs.len() {
        return Ok(None);
    }
    found.sort_unstable();
    let rarest = found.into_iter().map(|(_, letters)| letters);
    Ok(Some(rarest.take(MOST_JOINED).collect()))
}

/// The blocks in which something has all of these pairs, with the bits of each; `most` at the most, in their order.
fn with_all(kind: Named, pairs: &[LetterPair], most: u64) -> SelectStatement {
    let name = |place: usize| format!("pair{place}");
    let first = name(0);
    let mut query = Query::select();
    query
        .column((first.clone(), Column::Block))
        .order_by((first.clone(), Column::Block), Order::Asc)
        .limit(most);
    let mut common = Expr::col((first.clone(), Column::Bits));
    for (place, letters) in pairs.iter().enumerate() {
        let pair = name(place);
        let has = Condition::all()
            .add(Expr::col((pair.clone(), Column::Kind)).eq(kind.number()))
            .add(Expr::col((pair.clone(), Column::Letters)).eq(*letters));
        query.column((pair.clone(), Column::Bits));
        if place == 0 {
            query.from_as(letter_pair::Entity, pair).cond_where(has);
            continue;
        }
        let block = Expr::col((pair.clone(), Column::Block));
        common = common.bit_and(Expr::col((pair.clone(), Column::Bits)));
        // Blocks in which nothing has the pairs so far are not looked for among the rows of the others.
        let has = has
            .add(block.equals((first.clone(), Column::Block)))
            .add(common.clone().ne(0));
        query.join_as(JoinType::InnerJoin, letter_pair::Entity, pair, has);
    }
    query.take()
}

fn is_above(length: usize, most: u64) -> bool {
    u64::try_from(length).is_ok_and(|length| length > most)
}
