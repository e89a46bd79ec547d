//! The counter of changes: its row is the turn of all that change anything.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryResult};

use crate::storage::connections::bounded::Kept;
use crate::storage::entity::change_counter;
use crate::storage::error::StorageError;

/// The answer of a server that is a standby: 1, or 0.
const IS_STANDBY: &str = "is_standby";
/// The counter's only row.
const COUNTER: i32 = 1;

/// An answer of storage, with the number of the last change that it knows of.
pub(in crate::storage) type Numbered<T> = (T, i64);

/// The number of the last change.
pub(in crate::storage) async fn read(
    connection: &impl ConnectionTrait,
) -> Result<i64, StorageError> {
    let counter = change_counter::Entity::find_by_id(COUNTER)
        .one(connection)
        .await?;
    Ok(counter.ok_or(StorageError::NoCounter)?.number)
}

/// The number of the last change, as a server tells it that is no standby, also for a user who may write there.
pub(super) async fn read_on_primary(connection: &impl Kept) -> Result<i64, StorageError> {
    let nothing = Query::select().expr(Expr::val(1)).take();
    Ok(numbered(nothing, connection).await?.1)
}

/// The rows that `select` finds, and the number of the last change that they know of: both are of one moment, because one
/// statement reads them. The number comes also where there are no rows. A standby is not believed: it may lag behind, and nobody could tell.
pub(in crate::storage) async fn numbered(
    mut select: SelectStatement,
    connection: &impl Kept,
) -> Result<Numbered<Vec<QueryResult>>, StorageError> {
    const NUMBER: &str = "change_number";
    const FOUND: &str = "found";
    const IS_FOUND: &str = "is_found";
    select.expr_as(Expr::cust("1"), IS_FOUND);
    let number = Expr::col((change_counter::Entity, change_counter::Column::Number));
    let ours = Expr::col((change_counter::Entity, change_counter::Column::Id)).eq(COUNTER);
    let mut with_number = Query::select();
    with_number
        .expr_as(number, NUMBER)
        .column((FOUND, Asterisk))
        .from(change_counter::Entity)
        .join_subquery(JoinType::LeftJoin, select, FOUND, Expr::cust("1 = 1"))
        .and_where(ours);
    let standby = is_standby(connection.get_database_backend());
    if let Some(standby) = standby {
        with_number.expr_as(Expr::cust(standby), IS_STANDBY);
    }
    let mut rows = connection.query_all(&with_number).await?;
    let first = rows.first().ok_or(StorageError::NoCounter)?;
    if standby.is_some() {
        must_be_primary(first, connection)?;
    }
    let number = first.try_get("", NUMBER)?;
    let is_found: Option<i32> = first.try_get("", IS_FOUND)?;
    if is_found.is_none() {
        rows.clear();
    }
    Ok((rows, number))
}

/// The question to a server whether it is a standby: 1 or 0. A standby of MySQL's is a server like any other, but for `read_only`, which newer
/// versions of MariaDB tell by words; who may write all the same is told so, too.
fn is_standby(backend: DbBackend) -> Option<&'static str> {
    match backend {
        DbBackend::Postgres => Some("CASE WHEN pg_catalog.pg_is_in_recovery() THEN 1 ELSE 0 END"),
        DbBackend::MySql => {
            Some("CASE WHEN CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF') THEN 0 ELSE 1 END")
        }
        _ => None,
    }
}

fn must_be_primary(answer: &QueryResult, connection: &impl Kept) -> Result<(), StorageError> {
    if answer.try_get::<i32>("", IS_STANDBY)? != 0 {
        connection.doubt();
        return Err(StorageError::Standby);
    }
    Ok(())
}

/// The number of the last change, for a part of another statement.
pub(super) fn last_number() -> SimpleExpr {
    let number = Query::select()
        .column(change_counter::Column::Number)
        .from(change_counter::Entity)
        .and_where(Expr::col(change_counter::Column::Id).eq(COUNTER))
        .take();
    SimpleExpr::from(number)
}

/// The prefixes that the columns of the first and of the second table of a join have.
pub(in crate::storage) const FIRST: &str = "A_";
pub(in crate::storage) const SECOND: &str = "B_";

/// Adds `step`, which may be 0; the row stays locked until the transaction ends.
pub(in crate::storage) async fn add(
    step: i64,
    transaction: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    let theirs = Expr::col(change_counter::Column::Id).eq(COUNTER);
    update(step, theirs, transaction).await
}

/// Fails unless the server has the row that every change needs, is no standby, also for a user who may write there, and takes changes: one that does not
/// refuses even a change of no row, for which nobody has to wait.
pub(in crate::storage) async fn must_take_changes(
    connection: &impl Kept,
) -> Result<(), StorageError> {
    read_on_primary(connection).await?;
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
