//! Tokens that belong together by rotation, or because one was made with the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter,
    QueryOrder,
};

use crate::domain::access_tokens::AccessToken;
use crate::domain::events::subject::Touched;
use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::storage::access_tokens::{ids_of, not_revoked, to_token};
use crate::storage::changes::change::Change;
use crate::storage::entity::access_token;
use crate::storage::entity::access_token::Column;
use crate::storage::entity::instant::{Instant, goes_on_after};
use crate::storage::error::StorageError;
use crate::storage::source::{AT_A_TIME, Source};

/// The tokens whose place `token` took and that still work beside it.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.families.in_grace_before",
    skip_all
)]
pub async fn in_grace_before(
    change: &Change,
    token: &AccessToken,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let before = in_family(token.family())
        .and(Column::GraceUntil.is_not_null())
        .and(Column::Id.lt(token.id.0));
    not_revoked_ids(change, before, change.now()).await
}

/// The tokens that were made with one of `makers` and are not revoked.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.families.made_with",
    skip_all
)]
pub async fn made_with(
    change: &Change,
    makers: &[AccessTokenId],
) -> Result<Vec<AccessTokenId>, StorageError> {
    let makers: Vec<i64> = makers.iter().map(|id| id.0).collect();
    not_revoked_among(change, (Column::MakerId, &makers), change.now()).await
}

/// The tokens of a family that are not revoked at `now`, with the tokens that any of the family made, also one that is revoked.
///
/// They are found in steps, of which each is an index's: PostgreSQL and MariaDB would look at all tokens to answer all of it at once.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.families.not_revoked_of",
    skip_all
)]
pub async fn not_revoked_of(
    source: &impl Source,
    family: AccessTokenId,
    now: DateTime<Utc>,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let later = access_token::Entity::find().filter(Column::FamilyId.eq(family.0));
    let later = ids_of(source, later).await?;
    let all: Vec<i64> = std::iter::once(family.0).chain(later).collect();
    let mut found = BTreeSet::new();
    for column in [Column::Id, Column::MakerId] {
        found.extend(not_revoked_among(source, (column, &all), now).await?);
    }
    Ok(found.into_iter().collect())
}

/// Revokes all of `tokens` that are not revoked yet.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.families.revoke_all",
    skip_all
)]
pub async fn revoke_all(change: &Change, tokens: &[AccessTokenId]) -> Result<(), StorageError> {
    for some in tokens.chunks(AT_A_TIME) {
        touch_all(change, some);
        access_token::Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(Instant::from(change.now())))
            .filter(Column::Id.is_in(some.iter().map(|id| id.0)))
            .filter(Column::RevokedAt.is_null())
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// Lets a token work on until `end`, beside the one that took its place.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.families.give_grace", skip_all, fields(token = %token))]
pub async fn give_grace(
    change: &Change,
    token: AccessTokenId,
    end: DateTime<Utc>,
) -> Result<(), StorageError> {
    change.touch(Touched::AccessToken(token));
    let row = access_token::ActiveModel {
        id: Set(token.0),
        grace_until: Set(Some(end.into())),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Ends the grace of a token at `end`, if that is earlier; true if it was.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.families.end_grace", skip_all, fields(token = %token))]
pub async fn end_grace(
    change: &Change,
    token: AccessTokenId,
    end: DateTime<Utc>,
) -> Result<bool, StorageError> {
    change.touch(Touched::AccessToken(token));
    let end = Instant::from(end);
    let ended = access_token::Entity::update_many()
        .col_expr(Column::GraceUntil, Expr::value(end))
        .filter(Column::Id.eq(token.0))
        .filter(Column::GraceUntil.gt(end))
        .exec(change.connection())
        .await?;
    Ok(ended.rows_affected > 0)
}

/// Makes the tokens that were made with `maker` and are not revoked depend on `successor`. Nothing looks for the maker of
/// the others, which may be very many.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.families.hand_over",
    skip_all
)]
pub async fn hand_over(
    change: &Change,
    maker: AccessTokenId,
    successor: AccessTokenId,
) -> Result<(), StorageError> {
    for some in made_with(change, &[maker]).await?.chunks(AT_A_TIME) {
        access_token::Entity::update_many()
            .col_expr(Column::MakerId, Expr::value(successor.0))
            .filter(Column::Id.is_in(some.iter().map(|id| id.0)))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// Shortens the tokens that were made with `maker` and are not revoked, so that none ends later than at `end`.
/// Returns those whose end it moved.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.families.shorten_made_with", skip_all, fields(maker = %maker))]
pub async fn shorten_made_with(
    change: &Change,
    maker: AccessTokenId,
    end: Expiry,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let end = Instant::from(end.instant());
    let later = Condition::all()
        .add(Column::MakerId.eq(maker.0))
        .add(goes_on_after(Column::ExpiresAt, end));
    let shortened = not_revoked_ids(change, later, change.now()).await?;
    for some in shortened.chunks(AT_A_TIME) {
        touch_all(change, some);
        access_token::Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(end))
            .filter(Column::Id.is_in(some.iter().map(|id| id.0)))
            .exec(change.connection())
            .await?;
    }
    Ok(shortened)
}

/// The token that has taken the place of `token`, if one has.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.families.successor_of", skip_all, fields(token = %token.id))]
pub async fn successor_of(
    source: &impl Source,
    token: &AccessToken,
) -> Result<Option<AccessToken>, StorageError> {
    // By its family, for which there is an index.
    let successor = access_token::Entity::find()
        .filter(Column::FamilyId.eq(token.family().0))
        .filter(Column::PreviousId.eq(token.id.0))
        .one(source.connection())
        .await?;
    successor.as_ref().map(to_token).transpose()
}

fn touch_all(change: &Change, tokens: &[AccessTokenId]) {
    for &token in tokens {
        change.touch(Touched::AccessToken(token));
    }
}

fn in_family(family: AccessTokenId) -> Expr {
    Column::Id.eq(family.0).or(Column::FamilyId.eq(family.0))
}

/// The tokens that are not revoked at `now` and that have one of `values` in a column.
async fn not_revoked_among(
    source: &impl Source,
    (column, values): (Column, &[i64]),
    now: DateTime<Utc>,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let mut found = Vec::new();
    for some in values.chunks(AT_A_TIME) {
        let is_among = column.is_in(some.iter().copied());
        found.extend(not_revoked_ids(source, is_among, now).await?);
    }
    Ok(found)
}

async fn not_revoked_ids(
    source: &impl Source,
    which: impl IntoCondition,
    now: DateTime<Utc>,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let found = access_token::Entity::find()
        .filter(which)
        .filter(not_revoked(now.into()))
        .order_by_asc(Column::Id);
    let ids = ids_of(source, found).await?.into_iter();
    Ok(ids.map(AccessTokenId).collect())
}
