//! Rows that were stored before searches had a column and an index of their own get them.

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::domain::namespaces::path::NamespacePath;
use crate::domain::text::folded;
use crate::storage::entity::{access_token, namespace, user};
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::{self, Named};

/// The most rows that one statement fills; it compares each with the others.
const AT_A_TIME: u64 = 100;
/// The most times that rows are filled again because others were in the way.
const MOST_RETRIES: usize = 5;

/// True if there is a row whose column is to be filled. Every start looks; an index has these rows alone.
pub(in crate::storage) async fn is_due(
    connection: &impl ConnectionTrait,
) -> Result<bool, StorageError> {
    use access_token::Column as OfToken;
    use namespace::Column as OfNamespace;
    use user::Column as OfUser;
    Ok(
        has_empty::<user::Entity>(connection, (OfUser::Id, OfUser::Folded)).await?
            || has_empty::<namespace::Entity>(connection, (OfNamespace::Id, OfNamespace::Folded))
                .await?
            || has_empty::<access_token::Entity>(connection, (OfToken::Id, OfToken::Folded))
                .await?,
    )
}

/// Fills the column of all rows that have none; on a server one program at a time does so.
pub(in crate::storage) async fn fill(
    connection: &impl ConnectionTrait,
) -> Result<(), StorageError> {
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
        let mut retries = 0..MOST_RETRIES;
        loop {
            match store::<E>((connection, kind), (id, column), &texts).await {
                Err(error) if error.met_others() && retries.next().is_some() => {}
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
    }
}

/// Stores the texts of rows and lets searches find them. Whoever gave a row another text meanwhile did both for it.
async fn store<E: EntityTrait>(
    (connection, kind): (&impl ConnectionTrait, Named),
    (id, column): (E::Column, E::Column),
    texts: &[(i64, String)],
) -> Result<(), StorageError> {
    let named = texts.iter().map(|(id, text)| (*id, text.as_str()));
    letter_pairs::note(connection, kind, named).await?;
    let ids = texts.iter().map(|(id, _)| *id);
    let all = CaseStatement::new();
    let texts = texts.iter().fold(all, |all, (row, text)| {
        all.case(Expr::col(id).eq(*row), Expr::value(text.as_str()))
    });
    E::update_many()
        .filter(id.is_in(ids.collect::<Vec<_>>()))
        .filter(column.is_null())
        .col_expr(column, texts.into())
        .exec(connection)
        .await?;
    Ok(())
}

async fn has_empty<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    (id, column): (E::Column, E::Column),
) -> Result<bool, StorageError> {
    let first = E::find()
        .select_only()
        .column(id)
        .filter(column.is_null())
        .order_by_asc(id)
        .limit(1)
        .into_tuple::<i64>()
        .one(connection);
    Ok(first.await?.is_some())
}
