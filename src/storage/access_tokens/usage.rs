//! Uses of personal access tokens: times and addresses.
//!
//! A use changes nobody's rights, so it has neither an audit row nor a change number.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::usage::AccessTokenUsage;
use crate::domain::ids::AccessTokenId;
use crate::storage::access_tokens::to_token;
use crate::storage::connections::db::Db;
use crate::storage::entity::access_token;
use crate::storage::entity::access_token::Column;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;
use crate::storage::lists::page::is_one_of;

/// The tokens with these ids, without those that do not exist.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.usage.find_all",
    skip_all
)]
pub async fn find_all(db: &Db, tokens: &[AccessTokenId]) -> Result<Vec<AccessToken>, StorageError> {
    let ids = tokens.iter().map(|id| id.0);
    let found = access_token::Entity::find().filter(is_one_of(Column::Id, ids));
    let rows = found.all(&db.connection).await?;
    rows.iter().map(to_token).collect()
}

/// Replaces the record of a token's uses, if it is still as in `token`; true if it was.
///
/// Each row is written by itself: a statement over several rows could wait for a change that waits for
/// it, and the change would be aborted.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.usage.save", skip_all)]
pub async fn save(
    db: &Db,
    token: &AccessToken,
    record: &AccessTokenUsage,
) -> Result<bool, StorageError> {
    let unchanged = Condition::all()
        .add(match token.last_used_at {
            None => Column::LastUsedAt.is_null(),
            Some(before) => Column::LastUsedAt.eq(Instant::from(before)),
        })
        .add(match token.last_used_from.to_string() {
            none if none.is_empty() => Column::LastUsedFrom.is_null(),
            before => Column::LastUsedFrom.eq(before),
        });
    let addresses = Some(record.addresses.to_string()).filter(|text| !text.is_empty());
    let saved = access_token::Entity::update_many()
        .col_expr(
            Column::LastUsedAt,
            Expr::value(record.last_used_at.map(Instant::from)),
        )
        .col_expr(Column::LastUsedFrom, Expr::value(addresses))
        .filter(Column::Id.eq(token.id.0))
        .filter(unchanged)
        .exec(&db.connection)
        .await?;
    Ok(saved.rows_affected > 0)
}
