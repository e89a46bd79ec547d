//! Refresh tokens.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::domain::clock::AHEAD;
use crate::domain::events::subject::Touched;
use crate::domain::ids::{RefreshTokenId, UserId};
use crate::domain::page::{Listing, Paging};
use crate::domain::refresh_tokens::{RefreshLifetimes, RefreshToken};
use crate::domain::secret::SecretDigest;
use crate::domain::users::User;
use crate::storage::changes::change::{Change, Login};
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::connections::db::Db;
use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::{refresh_token, user};
use crate::storage::error::StorageError;
use crate::storage::lists::oldest::{PurgePass, delete_oldest_by};
use crate::storage::lists::page::listing_of;
use crate::storage::source::Source;
use crate::storage::users::{lock, to_user};

/// The most tokens that one login deletes; MySQL wants a limit beside an offset.
const MOST_AT_ONCE: u64 = 1000;

/// A refresh token that is to be made.
#[derive(Debug, Clone)]
pub struct RefreshTokenRecord<'a> {
    /// The user.
    pub user: UserId,
    /// The service of the registry that it is for.
    pub service: &'a str,
    /// The client's name for itself.
    pub client_id: Option<&'a str>,
    /// The digest of its secret.
    pub digest: SecretDigest,
}

/// The refresh token with that digest, with its user (neither needs to be active), and the number of the last change that
/// this knows of.
#[tracing::instrument(
    level = "debug",
    name = "storage.refresh_tokens.find_by_digest",
    skip_all
)]
pub(super) async fn find_by_digest_numbered(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Numbered<Option<(RefreshToken, User)>>, StorageError> {
    let digest = HiddenBytes(digest.as_bytes().to_vec());
    let select = refresh_token::Entity::find_by_digest(digest)
        .find_also_related(user::Entity)
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let Some(row) = rows.first() else {
        return Ok((None, number));
    };
    let token = refresh_token::Model::from_query_result(row, counter::FIRST)?;
    let user = user::Model::from_query_result(row, counter::SECOND)?;
    Ok((Some((to_token(token), to_user(user)?)), number))
}

/// The refresh token with that id.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.find", skip_all, fields(id = %id))]
pub async fn find(
    source: &impl Source,
    id: RefreshTokenId,
) -> Result<Option<RefreshToken>, StorageError> {
    let row = refresh_token::Entity::find_by_id(id.0)
        .one(source.connection())
        .await?;
    Ok(row.map(to_token))
}

/// A part of all refresh tokens, or of one user's, by id.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.page", skip_all)]
pub async fn page(
    source: &impl Source,
    owner: Option<UserId>,
    paging: Paging,
) -> Result<Listing<RefreshToken>, StorageError> {
    let only_theirs = owner.map(|owner| refresh_token::Column::UserId.eq(owner.0));
    let query = refresh_token::Entity::find().filter(Condition::all().add_option(only_theirs));
    let sort = |query: Select<_>| query.order_by_asc(refresh_token::Column::Id);
    let id = (refresh_token::Column::Id, |row: &refresh_token::Model| {
        row.id
    });
    let rows = listing_of(source, query, sort, id, paging).await?;
    rows.try_map(|row| Ok(to_token(row)))
}

/// Stores a new refresh token.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.insert", skip_all)]
pub async fn insert(
    login: &Login,
    new: RefreshTokenRecord<'_>,
) -> Result<RefreshToken, StorageError> {
    let row = refresh_token::ActiveModel {
        user_id: Set(new.user.0),
        service: Set(new.service.to_owned()),
        client_id: Set(new.client_id.map(|name| name.chars().take(255).collect())),
        digest: Set(HiddenBytes(new.digest.as_bytes().to_vec())),
        created_at: Set(login.now().into()),
        last_used_at: Set(login.now().into()),
        revoked_at: Set(None),
        ..Default::default()
    };
    Ok(to_token(row.insert(login.connection()).await?))
}

/// Deletes the tokens of a user that were not used for longest, so that `left` are left at the most; first those that do not work: they
/// were revoked, or made while a clock was ahead. The user's row
/// is locked by the login, so that another one does not count the same.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.make_room", skip_all, fields(owner = %owner))]
pub async fn make_room(login: &Login, owner: UserId, left: u64) -> Result<(), StorageError> {
    let latest = Instant::from(login.now() + AHEAD);
    let is_from_the_future = refresh_token::Column::CreatedAt.gt(latest);
    let is_dead = is_from_the_future.or(refresh_token::Column::RevokedAt.is_not_null());
    let too_many: Vec<(i64, HiddenBytes)> = refresh_token::Entity::find()
        .select_only()
        .column(refresh_token::Column::Id)
        .column(refresh_token::Column::Digest)
        .filter(refresh_token::COLUMN.user_id.eq(owner.0))
        .order_by_asc(is_dead)
        .order_by_desc(refresh_token::Column::LastUsedAt)
        .order_by_desc(refresh_token::Column::Id)
        .offset(left)
        .limit(MOST_AT_ONCE)
        .into_tuple()
        .all(login.connection())
        .await?;
    if too_many.is_empty() {
        return Ok(());
    }
    let (ids, digests): (Vec<i64>, Vec<HiddenBytes>) = too_many.into_iter().unzip();
    let digests = digests.into_iter().map(|digest| digest.0.try_into());
    login.delete(
        digests.filter_map(|bytes: Result<[u8; 32], _>| bytes.ok().map(SecretDigest::stored)),
    );
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::Id.is_in(ids))
        .exec(login.connection())
        .await?;
    Ok(())
}

/// Revokes one refresh token.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.revoke", skip_all, fields(id = %id))]
pub async fn revoke(
    change: &Change,
    (id, owner): (RefreshTokenId, UserId),
) -> Result<(), StorageError> {
    change.touch(Touched::User(owner));
    let row = refresh_token::ActiveModel {
        id: Set(id.0),
        revoked_at: Set(Some(change.now().into())),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Revokes all refresh tokens of a user, also one that a login is giving out now: the user's row is
/// locked first, so that the login comes before or after.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.revoke_all", skip_all, fields(owner = %owner))]
pub async fn revoke_all(change: &Change, owner: UserId) -> Result<(), StorageError> {
    change.touch(Touched::User(owner));
    lock(change.connection(), owner).await?;
    refresh_token::Entity::update_many()
        .col_expr(
            refresh_token::Column::RevokedAt,
            Expr::value(Instant::from(change.now())),
        )
        .filter(refresh_token::Column::UserId.eq(owner.0))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Notes that the refresh token with that id and that digest was used at `now`, unless another replica has noted a later use: after the
/// database went back, the id may be that of another token. This changes nobody's rights, so it
/// is no event.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.note_use", skip_all, fields(id = %id))]
pub async fn note_use(
    db: &Db,
    (id, digest): (RefreshTokenId, &SecretDigest),
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let digest = HiddenBytes(digest.as_bytes().to_vec());
    refresh_token::Entity::update_many()
        .col_expr(
            refresh_token::Column::LastUsedAt,
            Expr::value(Instant::from(now)),
        )
        .filter(refresh_token::Column::Id.eq(id.0))
        .filter(refresh_token::Column::Digest.eq(digest))
        .filter(refresh_token::Column::LastUsedAt.lt(Instant::from(now)))
        .exec(&db.connection)
        .await?;
    Ok(())
}

/// Deletes some of the refresh tokens that can never work again, idled out or too old, and returns their number; true if there
/// may be more. A revoked one is not used any more, and so idles out too.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.purge", skip_all)]
pub async fn purge(
    db: &Db,
    (lifetimes, pass): (&RefreshLifetimes, &PurgePass),
    now: DateTime<Utc>,
) -> Result<(u64, bool), StorageError> {
    use refresh_token::Column;
    let (used_after, made_after) = lifetimes.limits(now);
    let until = |column: Column, end| {
        let old = Condition::all().add(column.lte(Instant::from(end)));
        (old, column)
    };
    let reasons = [
        until(Column::LastUsedAt, used_after),
        until(Column::CreatedAt, made_after),
    ];
    delete_oldest_by::<refresh_token::Entity>(db, &reasons, Column::Id, pass).await
}

/// Removes all of a user's tokens, also one that a login is giving out now.
#[tracing::instrument(level = "debug", name = "storage.refresh_tokens.remove_all_of", skip_all, fields(owner = %owner))]
pub async fn remove_all_of(change: &Change, owner: UserId) -> Result<(), StorageError> {
    change.touch(Touched::User(owner));
    lock(change.connection(), owner).await?;
    refresh_token::Entity::delete_many()
        .filter(refresh_token::COLUMN.user_id.eq(owner.0))
        .exec(change.connection())
        .await?;
    Ok(())
}

fn to_token(row: refresh_token::Model) -> RefreshToken {
    RefreshToken {
        id: RefreshTokenId(row.id),
        user_id: UserId(row.user_id),
        service: row.service,
        client_id: row.client_id,
        created_at: row.created_at.into(),
        last_used_at: row.last_used_at.into(),
        revoked_at: row.revoked_at.map(Into::into),
    }
}
