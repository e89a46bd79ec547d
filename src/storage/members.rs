//! Users' roles in groups and projects.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::domain::events::subject::Touched;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::filter::MemberFilter;
use crate::domain::members::{LastingRole, ListedMember, Member, ownership};
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::page::{Listing, Paging};
use crate::domain::users::User;
use crate::storage::changes::change::Change;
use crate::storage::entity::instant::goes_on_after;
use crate::storage::entity::{member, namespace, user};
use crate::storage::error::StorageError;
use crate::storage::lists::page::{is_none_of, is_one_of, listing_of, nothing};
use crate::storage::namespaces::{NamespacePlace, rows_by_id, to_kind, to_namespace, touched_ids};
use crate::storage::source::{AT_A_TIME, Source};
use crate::storage::users;
use crate::storage::users::{has_text, to_user};

/// The role that a user has in that very namespace at `now`.
#[tracing::instrument(level = "debug", name = "storage.members.find", skip_all, fields(namespace = %namespace, user = %user))]
pub async fn find(
    source: &impl Source,
    namespace: NamespaceId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Option<Member>, StorageError> {
    let row = member::Entity::find()
        .filter(lasting([namespace], now))
        .filter(member::COLUMN.user_id.eq(user.0))
        .one(source.connection())
        .await?;
    row.as_ref().map(to_member).transpose()
}

/// The roles that were given to a user in these very namespaces and last at `now`.
#[tracing::instrument(level = "debug", name = "storage.members.held_in", skip_all, fields(user = %user))]
pub async fn held_in(
    source: &impl Source,
    user: UserId,
    namespaces: &[Namespace],
    now: DateTime<Utc>,
) -> Result<Vec<(NamespaceId, LastingRole)>, StorageError> {
    let mut held = Vec::new();
    for some in namespaces.chunks(AT_A_TIME) {
        let rows = member::Entity::find()
            .filter(lasting(some.iter().map(|namespace| namespace.id), now))
            .filter(member::COLUMN.user_id.eq(user.0))
            .all(source.connection())
            .await?;
        for row in &rows {
            held.push((NamespaceId(row.namespace_id), to_role(row)?));
        }
    }
    Ok(held)
}

/// A part of the users with a role in any of these namespaces at `now`, each with their highest, by user id; of equal ones the one that
/// lasts longest.
///
/// A user's own namespace has one member, who owns it.
#[tracing::instrument(level = "debug", name = "storage.members.page", skip_all)]
pub async fn page(
    source: &impl Source,
    namespaces: &[Namespace],
    filter: &MemberFilter,
    now: DateTime<Utc>,
    paging: Paging,
) -> Result<Listing<ListedMember>, StorageError> {
    let ids: Vec<NamespaceId> = namespaces.iter().map(|namespace| namespace.id).collect();
    let own = namespaces
        .iter()
        .find(|namespace| namespace.kind == NamespaceKind::User);
    let with_role = Query::select()
        .column(member::Column::UserId)
        .from(member::Entity)
        .cond_where(lasting(ids.iter().copied(), now))
        .take();
    let members = Condition::any()
        .add(user::Column::Id.in_subquery(with_role))
        .add_option(own.map(|namespace| user::Column::Username.eq(namespace.path.as_str())));
    let query = user::Entity::find().filter(members).filter(
        Condition::all()
            .add_option(filter.search.as_deref().map(has_text))
            .add_option(
                filter
                    .users
                    .as_ref()
                    .map(|users| is_one_of(user::Column::Id, users.iter().map(|id| id.0))),
            )
            .add_option(
                (!filter.skip.is_empty())
                    .then(|| is_none_of(user::Column::Id, filter.skip.iter().map(|id| id.0))),
            )
            .add_option(filter.nothing.then(nothing)),
    );
    let sort = |query: Select<_>| query.order_by_asc(user::Column::Id);
    let id = (user::Column::Id, |row: &user::Model| row.id);
    let users = listing_of(source, query, sort, id, paging).await?;
    let users = users.try_map(to_user)?;
    let rows = member::Entity::find()
        .filter(lasting(ids, now))
        .filter(is_one_of(
            member::Column::UserId,
            users.items.iter().map(|user| user.id.0),
        ))
        .all(source.connection())
        .await?;
    let roles = rows
        .iter()
        .map(|row| Ok((to_member(row)?, row.namespace_id)));
    let roles: Vec<(Member, i64)> = roles.collect::<Result<_, StorageError>>()?;
    let highest = |user: &User| {
        let owned = own
            .zip(Some(ownership(&user.username)))
            .filter(|(namespace, (path, _))| namespace.path == *path)
            .map(|(namespace, (_, level))| (owner_of(namespace, user, level), namespace.id.0));
        let held = roles.iter().filter(|(role, _)| role.user_id == user.id);
        let all = held.cloned().chain(owned);
        let (highest, _) = all.max_by_key(|(role, place)| (role.role().rank(), Reverse(*place)))?;
        Some(highest)
    };
    let place = users.place;
    let with_role = |user: User| Some((highest(&user)?, user));
    let items = users.items.into_iter().filter_map(with_role).collect();
    with_givers(source, Listing { items, place }).await
}

/// The members with the users who gave them their roles.
async fn with_givers(
    source: &impl Source,
    members: Listing<(Member, User)>,
) -> Result<Listing<ListedMember>, StorageError> {
    let givers = members.items.iter();
    let givers = givers.filter_map(|(member, _)| member.given_by);
    let givers = users::find_all(source, givers.collect()).await?;
    Ok(members.map(|(member, user)| ListedMember {
        giver: member.given_by.and_then(|id| givers.get(&id).cloned()),
        member,
        user,
    }))
}

/// A part of the roles that were given to a user and last at `now`, in the order in which they came.
#[tracing::instrument(level = "debug", name = "storage.members.page_of_user", skip_all, fields(user = %user))]
pub async fn page_of_user(
    source: &impl Source,
    user: UserId,
    kind: Option<NamespaceKind>,
    now: DateTime<Utc>,
    paging: Paging,
) -> Result<Listing<(Namespace, Member)>, StorageError> {
    let namespaces = kind.map(|kind| {
        let of_kind = Query::select()
            .column(namespace::Column::Id)
            .from(namespace::Entity)
            .and_where(namespace::Column::Kind.eq(to_kind(kind)))
            .take();
        member::Column::NamespaceId.in_subquery(of_kind)
    });
    let query = member::Entity::find()
        .filter(member::COLUMN.user_id.eq(user.0))
        .filter(not_ended(now))
        .filter(Condition::all().add_option(namespaces));
    let sort = |query: Select<_>| query.order_by_asc(member::Column::Id);
    let id = (member::Column::Id, |row: &member::Model| row.id);
    let rows = listing_of(source, query, sort, id, paging).await?;
    let ids = rows.items.iter().map(|row| row.namespace_id);
    let namespaces = rows_by_id(source, ids).await?;
    rows.try_map(|row| {
        let namespace = namespaces.get(&row.namespace_id);
        let namespace = namespace.ok_or_else(|| StorageError::unreadable("member", &"no place"))?;
        Ok((to_namespace(namespace)?, to_member(&row)?))
    })
}

/// All roles of a user, ended ones too, in the order in which they came.
#[tracing::instrument(level = "debug", name = "storage.members.of_user", skip_all, fields(user = %user))]
pub async fn of_user(
    source: &impl Source,
    user: UserId,
) -> Result<Vec<(Namespace, Member)>, StorageError> {
    let rows = member::Entity::find()
        .filter(member::COLUMN.user_id.eq(user.0))
        .find_also_related(namespace::Entity)
        .order_by_asc(member::Column::Id)
        .all(source.connection())
        .await?;
    let known = rows
        .iter()
        .filter_map(|(member, namespace)| Some((member, namespace.as_ref()?)));
    known
        .map(|(member, namespace)| Ok((to_namespace(namespace)?, to_member(member)?)))
        .collect()
}

/// Those of `namespaces` that an active user owns without an end, when `user` has no role in `taken` any more.
#[tracing::instrument(level = "debug", name = "storage.members.still_owned", skip_all, fields(user = %user))]
pub async fn still_owned(
    source: &impl Source,
    namespaces: &[NamespaceId],
    (user, taken): (UserId, &[NamespaceId]),
) -> Result<BTreeSet<NamespaceId>, StorageError> {
    let taken: BTreeSet<NamespaceId> = taken.iter().copied().collect();
    let mut owned = BTreeSet::new();
    for some in namespaces.chunks(AT_A_TIME) {
        let lost = some.iter().filter(|id| taken.contains(id)).map(|id| id.0);
        let is_left = Condition::any()
            .add(member::COLUMN.user_id.ne(user.0))
            .add(member::COLUMN.namespace_id.is_not_in(lost));
        let found: Vec<i64> = member::Entity::find()
            .inner_join(user::Entity)
            .select_only()
            .column(member::Column::NamespaceId)
            .distinct()
            .filter(
                member::COLUMN
                    .namespace_id
                    .is_in(some.iter().map(|id| id.0)),
            )
            .filter(member::COLUMN.access_level.eq(AccessLevel::Owner.number()))
            .filter(member::COLUMN.expires_at.is_null())
            .filter(user::Column::State.eq(user::State::Active))
            .filter(is_left)
            .into_tuple()
            .all(source.connection())
            .await?;
        owned.extend(found.into_iter().map(NamespaceId));
    }
    Ok(owned)
}

/// Gives a user a role, or another one.
#[tracing::instrument(level = "debug", name = "storage.members.put", skip_all, fields(namespace = %namespace))]
pub async fn put(
    change: &Change,
    namespace: NamespaceId,
    member: &Member,
) -> Result<(), StorageError> {
    change.touch(Touched::Memberships(member.user_id));
    let row = member::ActiveModel {
        namespace_id: Set(namespace.0),
        user_id: Set(member.user_id.0),
        access_level: Set(member.level.number()),
        expires_at: Set(member.expiry.map(|expiry| expiry.instant().into())),
        created_at: Set(member.created_at.into()),
        created_by_id: Set(member.given_by.map(|giver| giver.0)),
        ..Default::default()
    };
    let replace = OnConflict::columns([member::Column::NamespaceId, member::Column::UserId])
        .update_columns([
            member::Column::AccessLevel,
            member::Column::ExpiresAt,
            member::Column::CreatedAt,
            member::Column::CreatedById,
        ])
        .to_owned();
    member::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(change.connection())
        .await?;
    Ok(())
}

/// Takes all roles in these namespaces away.
#[tracing::instrument(level = "debug", name = "storage.members.remove_all", skip_all)]
pub async fn remove_all(
    change: &Change,
    namespaces: &[NamespacePlace],
) -> Result<(), StorageError> {
    for some in namespaces.chunks(AT_A_TIME) {
        let ids = touched_ids(change, some);
        let roles: Vec<(i64, i64)> = member::Entity::find()
            .select_only()
            .columns([member::Column::Id, member::Column::UserId])
            .filter(member::COLUMN.namespace_id.is_in(ids))
            .into_tuple()
            .all(change.connection())
            .await?;
        let (roles, users): (Vec<i64>, BTreeSet<i64>) = roles.into_iter().unzip();
        for user in users {
            change.touch(Touched::Memberships(UserId(user)));
        }
        remove_some(change, &roles).await?;
    }
    Ok(())
}

/// Removes roles by their ids: a namespace may have very many, and a user too.
async fn remove_some(change: &Change, roles: &[i64]) -> Result<(), StorageError> {
    for some in roles.chunks(AT_A_TIME) {
        member::Entity::delete_many()
            .filter(member::COLUMN.id.is_in(some.to_vec()))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// Takes a user's roles in all these namespaces away.
#[tracing::instrument(level = "debug", name = "storage.members.remove_from", skip_all, fields(user = %user))]
pub async fn remove_from(
    change: &Change,
    namespaces: &[NamespaceId],
    user: UserId,
) -> Result<(), StorageError> {
    change.touch(Touched::Memberships(user));
    for ids in namespaces.chunks(AT_A_TIME) {
        member::Entity::delete_many()
            .filter(member::COLUMN.namespace_id.is_in(ids.iter().map(|id| id.0)))
            .filter(member::COLUMN.user_id.eq(user.0))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// Takes all roles of a user away.
#[tracing::instrument(level = "debug", name = "storage.members.remove_all_of", skip_all, fields(user = %user))]
pub async fn remove_all_of(change: &Change, user: UserId) -> Result<(), StorageError> {
    change.touch(Touched::Memberships(user));
    let roles: Vec<i64> = member::Entity::find()
        .select_only()
        .column(member::Column::Id)
        .filter(member::COLUMN.user_id.eq(user.0))
        .into_tuple()
        .all(change.connection())
        .await?;
    remove_some(change, &roles).await
}

/// The roles in these namespaces that have not ended at `now`.
pub(super) fn lasting(
    namespaces: impl IntoIterator<Item = NamespaceId>,
    now: DateTime<Utc>,
) -> Condition {
    let ids = namespaces.into_iter().map(|id| id.0);
    Condition::all()
        .add(is_one_of(member::Column::NamespaceId, ids))
        .add(not_ended(now))
}

/// The roles that have not ended at `now`.
pub(super) fn not_ended(now: DateTime<Utc>) -> Condition {
    goes_on_after(member::Column::ExpiresAt, now)
}

fn owner_of(namespace: &Namespace, user: &User, level: AccessLevel) -> Member {
    Member {
        user_id: user.id,
        level,
        expiry: None,
        created_at: namespace.created_at,
        given_by: None,
    }
}

/// The role in a row.
pub(super) fn to_level(row: &member::Model) -> Result<AccessLevel, StorageError> {
    AccessLevel::try_from(row.access_level)
        .map_err(|error| StorageError::unreadable("member", &error))
}

/// The role in a row, with its end.
pub(super) fn to_role(row: &member::Model) -> Result<LastingRole, StorageError> {
    Ok(LastingRole {
        level: to_level(row)?,
        expiry: row.expires_at.map(|end| Expiry::at(end.into())),
    })
}

fn to_member(row: &member::Model) -> Result<Member, StorageError> {
    let LastingRole { level, expiry } = to_role(row)?;
    Ok(Member {
        user_id: UserId(row.user_id),
        level,
        expiry,
        created_at: row.created_at.into(),
        given_by: row.created_by_id.map(UserId),
    })
}
