//! A look at the engines of our tables on MySQL: one without transactions keeps what was begun and failed.

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::storage::error::StorageError;
use crate::storage::schema::foreign;

/// The engine of every table that this program makes.
const ENGINE: &str = "InnoDB";

/// Makes sure that no table of ours was made, or changed since, in another engine.
pub(super) async fn must_have_transactions(
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
    if connection.get_database_backend() != DbBackend::MySql {
        return Ok(());
    }
    let others = Query::select()
        // MySQL tells the names of tables as bytes.
        .expr(Expr::col("table_name").cast_as("char"))
        .from(("information_schema", "tables"))
        .and_where(Expr::col("table_schema").eq(Func::cust("DATABASE")))
        .and_where(Expr::col("table_name").is_in(foreign::names()))
        .and_where(Expr::col("engine").ne(ENGINE))
        .order_by("table_name", sea_orm::Order::Asc)
        .take();
    let rows = connection.query_all(&others).await?;
    let names: Result<Vec<String>, DbErr> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect();
    let repairs: Vec<String> = names?
        .iter()
        .map(|name| format!("ALTER TABLE {name} ENGINE={ENGINE}"))
        .collect();
    if repairs.is_empty() {
        return Ok(());
    }
    Err(StorageError::NoTransactions(repairs.join("; ")))
}
