//! The counter of changes: its row is the turn of all that change anything.

use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};

use crate::storage::entity::change_counter;
use crate::storage::error::StorageError;

/// The counter's only row.
const COUNTER: i32 = 1;

/// The number of the last change.
pub(super) async fn read(connection: &impl ConnectionTrait) -> Result<i64, StorageError> {
    let counter = change_counter::Entity::find_by_id(COUNTER)
        .one(connection)
        .await?;
    Ok(counter.ok_or(StorageError::NoSchema)?.number)
}

/// Adds `step`, which may be 0; the row stays locked until the transaction ends.
pub(super) async fn add(step: i64, transaction: &impl ConnectionTrait) -> Result<(), StorageError> {
    let theirs = Expr::col(change_counter::Column::Id).eq(COUNTER);
    update(step, theirs, transaction).await
}

/// Changes no row. A server that takes no changes refuses even that, and nobody has to wait for it.
pub(super) async fn change_nothing(connection: &impl ConnectionTrait) -> Result<(), StorageError> {
    update(0, Expr::val(1).eq(0), connection).await
}

async fn update(
    step: i64,
    rows: SimpleExpr,
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    change_counter::Entity::update_many()
        .col_expr(
            change_counter::Column::Number,
            Expr::col(change_counter::Column::Number).add(step),
        )
        .filter(rows)
        .exec(connection)
        .await?;
    Ok(())
}
