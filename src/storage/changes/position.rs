//! The place among all changes up to which somebody has followed them.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::storage::changes::counter;
use crate::storage::changes::follow::{MOST_FOLLOWED, NumberedChange, to_change};
use crate::storage::connections::db::Db;
use crate::storage::entity::change;
use crate::storage::error::StorageError;

/// A place after a change. It is known by the whole row of that change: when a database goes back, because a standby that had not
/// got the last changes takes over or an older state is put back, other changes get the numbers of those that are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::storage) struct Position {
    number: i64,
    /// The row; none before the first change.
    row: Option<change::Model>,
}

impl Position {
    /// The number of the last change before it.
    pub(in crate::storage) fn number(&self) -> i64 {
        self.number
    }

    fn after(row: change::Model) -> Self {
        Self {
            number: row.number,
            row: Some(row),
        }
    }
}

impl Db {
    /// The place after the last change, by one statement. A file that was deleted has no later change, so that its copies would be
    /// right for ever.
    pub(in crate::storage) async fn position(&self) -> Result<Position, StorageError> {
        self.must_be_the_same()?;
        let last = change::Entity::find()
            .filter(Expr::col(change::Column::Number).eq(counter::last_number()))
            .into_query();
        let (rows, number) = counter::numbered(last, &self.follower).await?;
        let row = rows.first();
        let row = row.map(|row| change::Model::from_query_result(row, ""));
        Ok(Position {
            number,
            row: row.transpose()?,
        })
    }

    /// The changes after `position`, in order, 200 at most, and the place after them. None if they do not go on from there: the
    /// database went back, or rows are pruned.
    pub(in crate::storage) async fn changes_since(
        &self,
        position: &Position,
    ) -> Result<Option<(Vec<NumberedChange>, Position)>, StorageError> {
        let rows = change::Entity::find()
            .filter(change::COLUMN.number.gte(position.number))
            .order_by_asc(change::Column::Number)
            .limit(MOST_FOLLOWED + 1);
        let mut rows = rows.all(&self.follower).await?;
        let begins_here = rows
            .first()
            .is_some_and(|first| first.number == position.number);
        let begin = begins_here.then(|| rows.remove(0));
        let mut before = position.number;
        let have_no_gap = rows.iter().all(|row| {
            let follows = row.number.checked_sub(1) == Some(before);
            before = row.number;
            follows
        });
        if begin != position.row || !have_no_gap {
            return Ok(None);
        }
        let reached = rows.last().cloned();
        let reached = reached.map_or_else(|| position.clone(), Position::after);
        let changes = rows.into_iter().map(to_change).collect();
        Ok(Some((changes, reached)))
    }
}
