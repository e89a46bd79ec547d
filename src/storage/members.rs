//! Users' roles in groups and projects.

use sea_orm::{ActiveValue::Set, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};

use super::change::Change;
use super::entity::{member, user};
use super::error::StorageError;
use super::source::Source;
use super::users::to_user;
use crate::domain::access_level::AccessLevel;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::namespace::Member;
use crate::domain::user::User;

/// The direct members of a group or project, with the users, in the order in which they came.
pub async fn of_namespace(
    source: &impl Source,
    namespace: NamespaceId,
) -> Result<Vec<(Member, User)>, StorageError> {
    let rows = member::Entity::find()
        .filter(member::COLUMN.namespace_id.eq(namespace.0))
        .find_also_related(user::Entity)
        .order_by_asc(member::Column::Id)
        .all(source.connection())
        .await?;
    let known = rows
        .into_iter()
        .filter_map(|(member, user)| Some((member, user?)));
    known
        .map(|(member, user)| Ok((to_member(&member)?, to_user(user)?)))
        .collect()
}

/// Gives a user a role, or another one.
pub async fn put(
    change: &Change,
    namespace: NamespaceId,
    member: &Member,
) -> Result<(), StorageError> {
    let row = member::ActiveModel {
        namespace_id: Set(namespace.0),
        user_id: Set(member.user_id.0),
        access_level: Set(member.level.number()),
        expires_at: Set(member.expiry.map(|expiry| expiry.instant().into())),
        created_at: Set(member.created_at.into()),
        ..Default::default()
    };
    let replace = OnConflict::columns([member::Column::NamespaceId, member::Column::UserId])
        .update_columns([member::Column::AccessLevel, member::Column::ExpiresAt])
        .to_owned();
    member::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(change.connection())
        .await?;
    Ok(())
}

/// Takes a user's role away; tells whether there was one.
pub async fn remove(
    change: &Change,
    namespace: NamespaceId,
    user: UserId,
) -> Result<bool, StorageError> {
    let removed = member::Entity::delete_many()
        .filter(member::COLUMN.namespace_id.eq(namespace.0))
        .filter(member::COLUMN.user_id.eq(user.0))
        .exec(change.connection())
        .await?;
    Ok(removed.rows_affected > 0)
}

/// Takes all roles in these namespaces away.
pub async fn remove_all(change: &Change, namespaces: &[NamespaceId]) -> Result<(), StorageError> {
    member::Entity::delete_many()
        .filter(
            member::COLUMN
                .namespace_id
                .is_in(namespaces.iter().map(|id| id.0)),
        )
        .exec(change.connection())
        .await?;
    Ok(())
}

/// The role in a row.
pub(super) fn to_level(row: &member::Model) -> Result<AccessLevel, StorageError> {
    AccessLevel::try_from(row.access_level)
        .map_err(|error| StorageError::unreadable("member", &error))
}

fn to_member(row: &member::Model) -> Result<Member, StorageError> {
    Ok(Member {
        user_id: UserId(row.user_id),
        level: to_level(row)?,
        expiry: row.expires_at.map(|end| Expiry::at(end.into())),
        created_at: row.created_at.into(),
    })
}
