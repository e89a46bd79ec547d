//! Second factors and recovery codes. Whether two-factor authentication is on stands with the user, whom every login reads.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};

use crate::domain::events::subject::Touched;
use crate::domain::ids::UserId;
use crate::domain::sealed::Sealed;
use crate::domain::secret::SecretDigest;
use crate::domain::two_factor::TwoFactor;
use crate::domain::two_factor::totp::TotpStep;
use crate::storage::changes::change::{Change, Login};
use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::{recovery_code, two_factor, user};
use crate::storage::error::StorageError;
use crate::storage::source::Source;
use crate::storage::users;

/// A transaction that may use up a second factor.
pub trait FactorUse: Source {}

impl FactorUse for Change {}

impl FactorUse for Login {}

/// The second factor of a user, on or begun.
#[tracing::instrument(level = "debug", name = "storage.two_factor.find", skip_all, fields(user = %user))]
pub async fn find(source: &impl Source, user: UserId) -> Result<Option<TwoFactor>, StorageError> {
    let row = two_factor::Entity::find_by_id(user.0)
        .one(source.connection())
        .await?;
    Ok(row.map(to_two_factor))
}

/// The second factor of some user who has turned it on; none if nobody has.
#[tracing::instrument(level = "debug", name = "storage.two_factor.find_any", skip_all)]
pub async fn find_any(source: &impl Source) -> Result<Option<(UserId, TwoFactor)>, StorageError> {
    let row = two_factor::Entity::find()
        .filter(two_factor::Column::ConfirmedAt.is_not_null())
        .order_by_asc(two_factor::Column::UserId)
        .one(source.connection())
        .await?;
    Ok(row.map(|row| (UserId(row.user_id), to_two_factor(row))))
}

/// Stores a secret that the user has yet to confirm, in the place of any other.
#[tracing::instrument(level = "debug", name = "storage.two_factor.begin", skip_all, fields(user = %user))]
pub async fn begin(change: &Change, user: UserId, secret: &Sealed) -> Result<(), StorageError> {
    delete(change, user).await?;
    let row = two_factor::ActiveModel {
        user_id: Set(user.0),
        secret: Set(HiddenBytes(secret.as_bytes().to_vec())),
        last_step: Set(0),
        created_at: Set(change.now().into()),
        confirmed_at: Set(None),
    };
    two_factor::Entity::insert(row)
        .exec_without_returning(change.connection())
        .await?;
    Ok(())
}

/// Turns two-factor authentication on for a user whose secret is stored, and stores the digests of their recovery codes.
#[tracing::instrument(level = "debug", name = "storage.two_factor.turn_on", skip_all, fields(user = %user))]
pub async fn turn_on(
    change: &Change,
    (user, step): (UserId, TotpStep),
    codes: &[SecretDigest],
) -> Result<(), StorageError> {
    let row = two_factor::ActiveModel {
        user_id: Set(user.0),
        last_step: Set(step.0),
        confirmed_at: Set(Some(change.now().into())),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    let codes = codes.iter().map(|digest| recovery_code::ActiveModel {
        user_id: Set(user.0),
        digest: Set(hidden(digest)),
        ..Default::default()
    });
    recovery_code::Entity::insert_many(codes)
        .exec_without_returning(change.connection())
        .await?;
    mark(change, user, true).await
}

/// Turns two-factor authentication off for a user, and deletes the secret and the recovery codes.
#[tracing::instrument(level = "debug", name = "storage.two_factor.turn_off", skip_all, fields(user = %user))]
pub async fn turn_off(change: &Change, user: UserId) -> Result<(), StorageError> {
    delete(change, user).await?;
    mark(change, user, false).await
}

/// Deletes the secret and the recovery codes of a user who is about to be deleted.
#[tracing::instrument(level = "debug", name = "storage.two_factor.remove_all_of", skip_all, fields(user = %user))]
pub async fn remove_all_of(change: &Change, user: UserId) -> Result<(), StorageError> {
    delete(change, user).await
}

/// Notes that a code of `step` was accepted; false if one of that step or a later one was accepted before, perhaps at this moment.
#[tracing::instrument(level = "debug", name = "storage.two_factor.use_step", skip_all, fields(user = %user))]
pub async fn use_step(
    of: &impl FactorUse,
    user: UserId,
    step: TotpStep,
) -> Result<bool, StorageError> {
    lock(of, user).await?;
    let updated = two_factor::Entity::update_many()
        .col_expr(two_factor::Column::LastStep, Expr::value(step.0))
        .filter(two_factor::Column::UserId.eq(user.0))
        .filter(two_factor::Column::LastStep.lt(step.0))
        .exec(of.connection())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Uses up a recovery code, and returns the number of those that are left; none if there is no such code, or it was used before,
/// perhaps at this moment.
#[tracing::instrument(level = "debug", name = "storage.two_factor.use_recovery_code", skip_all, fields(user = %user))]
pub async fn use_recovery_code(
    of: &impl FactorUse,
    user: UserId,
    digest: &SecretDigest,
) -> Result<Option<u64>, StorageError> {
    lock(of, user).await?;
    let deleted = recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user.0))
        .filter(recovery_code::Column::Digest.eq(hidden(digest)))
        .exec(of.connection())
        .await?;
    if deleted.rows_affected == 0 {
        return Ok(None);
    }
    let left = recovery_code::Entity::find()
        .filter(recovery_code::Column::UserId.eq(user.0))
        .count(of.connection())
        .await?;
    Ok(Some(left))
}

async fn delete(change: &Change, user: UserId) -> Result<(), StorageError> {
    lock(change, user).await?;
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user.0))
        .exec(change.connection())
        .await?;
    two_factor::Entity::delete_by_id(user.0)
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Locks the user's row before anything that belongs to their second factor, as each login does: two that lock these in different
/// orders would wait for each other.
async fn lock(source: &impl Source, user: UserId) -> Result<(), StorageError> {
    users::lock(source.connection(), user).await
}

async fn mark(change: &Change, user: UserId, is_on: bool) -> Result<(), StorageError> {
    change.touch(Touched::User(user));
    let row = user::ActiveModel {
        id: Set(user.0),
        two_factor: Set(is_on),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

fn hidden(digest: &SecretDigest) -> HiddenBytes {
    HiddenBytes(digest.as_bytes().to_vec())
}

fn to_two_factor(row: two_factor::Model) -> TwoFactor {
    TwoFactor {
        secret: Sealed::stored(row.secret.0),
        last_step: TotpStep(row.last_step),
        begun_at: row.created_at.into(),
    }
}
