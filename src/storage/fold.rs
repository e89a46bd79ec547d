//! Rows that were stored before searches had a column and an index of their own get them.

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::domain::namespaces::path::NamespacePath;
use crate::domain::text::folded;
use crate::storage::entity::{access_token, namespace, user};
use crate::storage::error::StorageError;
use crate::storage::letter_pairs::{self, Named};

/// The most rows that one statement fills; it compares each with the others.
const AT_A_TIME: u64 = 100;

/// Fills the column of all rows that have none. An older program that still runs leaves new ones behind, so every start
/// looks again; an index has them alone.
pub(super) async fn fill(connection: &impl ConnectionTrait) -> Result<(), StorageError> {
    fill_column::<user::Entity>(
        (connection, Named::User),
        (user::Column::Id, user::Column::Folded),
        |row| {
            let email = row.email.as_deref();
            (row.id, user::folded_texts(&row.name, &row.username, email))
        },
    )
    .await?;
    fill_column::<namespace::Entity>(
        (connection, Named::Namespace),
        (namespace::Column::Id, namespace::Column::Folded),
        |row| {
            let path = NamespacePath::try_from(row.path.as_str());
            let last = path.as_ref().map_or(row.path.as_str(), NamespacePath::name);
            let name = row.name.as_deref().unwrap_or(last);
            (row.id, namespace::folded_texts(name, &row.path))
        },
    )
    .await?;
    fill_column::<access_token::Entity>(
        (connection, Named::AccessToken),
        (access_token::Column::Id, access_token::Column::Folded),
        |row| (row.id, folded(&row.name)),
    )
    .await
}

async fn fill_column<E: EntityTrait>(
    (connection, kind): (&impl ConnectionTrait, Named),
    (id, column): (E::Column, E::Column),
    text_of: impl Fn(&E::Model) -> (i64, String),
) -> Result<(), StorageError> {
    let mut last = None;
    loop {
        let rows = E::find()
            .filter(column.is_null())
            .filter(Condition::all().add_option(last.map(|last| id.gt(last))))
            .order_by_asc(id)
            .limit(AT_A_TIME)
            .all(connection)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let texts: Vec<(i64, String)> = rows.iter().map(&text_of).collect();
        last = texts.iter().map(|(id, _)| *id).max();
        let named = texts.iter().map(|(id, text)| (*id, text.as_str()));
        letter_pairs::note(connection, kind, named).await?;
        let ids = texts.iter().map(|(id, _)| *id);
        let mut update = E::update_many().filter(id.is_in(ids.collect::<Vec<_>>()));
        let texts = texts
            .into_iter()
            .fold(CaseStatement::new(), |all, (row, text)| {
                all.case(Expr::col(id).eq(row), Expr::value(text))
            });
        update = update.col_expr(column, texts.into());
        update.exec(connection).await?;
    }
}
