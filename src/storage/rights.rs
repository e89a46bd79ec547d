//! Loads the rights that a decision needs, with two questions to the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait};

use crate::domain::decision::principal::Principal;
use crate::domain::decision::rights::{NamespaceState, Rights};
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::members::{LastingRole, ownership_at};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::repository_name::RepositoryName;
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::directory::facts::{FoundPaths, GivenRoles, MOST_COPIED};
use crate::storage::entity::{member, namespace};
use crate::storage::error::StorageError;
use crate::storage::members::{lasting, to_level, to_role};
use crate::storage::namespaces::{from_visibility, on_paths, on_paths_numbered};
use crate::storage::source::Source;

/// The namespaces that `repositories` may belong to, and the caller's memberships there at `now`.
#[tracing::instrument(level = "debug", name = "storage.rights.load", skip_all)]
pub async fn load<'a>(
    source: &impl Source,
    principal: &Principal,
    repositories: &[&'a RepositoryName],
    now: DateTime<Utc>,
) -> Result<Rights<'a>, StorageError> {
    load_noting(source, principal, repositories, now, |_| {}).await
}

/// The rights as `load` finds them; `note` is told the numbers of the last changes that its answers know of.
pub(super) async fn load_noting<'a>(
    source: &impl Source,
    principal: &Principal,
    repositories: &[&'a RepositoryName],
    now: DateTime<Utc>,
    mut note: impl FnMut(i64),
) -> Result<Rights<'a>, StorageError> {
    let mut rights = Rights::default();
    let paths: BTreeSet<&'a str> = RepositoryName::prefixes_of(repositories).collect();
    if paths.is_empty() {
        return Ok(rights);
    }
    let (rows, number) = on_paths_numbered(source, paths.iter().copied().collect()).await?;
    note(number);
    let path_of = |row: &namespace::Model| paths.get(row.path.as_str()).copied();
    for row in &rows {
        if let Some(path) = path_of(row) {
            rights.add_namespace(path, to_state(row));
        }
    }
    if let Principal::User(user) = principal {
        for path in &paths {
            if let Some(level) = ownership_at(path, &user.username) {
                rights.add_membership(path, level);
            }
        }
        let (held, number) = memberships(source, user.id, &rows, now).await?;
        note(number);
        for member in held {
            let row = rows.iter().find(|row| row.id == member.namespace_id);
            if let Some(path) = row.and_then(path_of) {
                rights.add_membership(path, to_level(&member)?);
            }
        }
    }
    Ok(rights)
}

/// The namespaces at these paths.
#[tracing::instrument(level = "debug", name = "storage.rights.at_paths", skip_all)]
pub(super) async fn at_paths(
    source: &impl Source,
    paths: &[&str],
) -> Result<Numbered<FoundPaths>, StorageError> {
    let (rows, number) = on_paths_numbered(source, paths.to_vec()).await?;
    let found = |path: &str| {
        let row = rows.iter().find(|row| row.path == path)?;
        Some((NamespaceId(row.id), to_state(row)))
    };
    let found = paths.iter().map(|&path| (path.into(), found(path)));
    Ok((found.collect(), number))
}

/// All roles that a user was given; none if they are too many to be copied.
#[tracing::instrument(level = "debug", name = "storage.rights.roles_of", skip_all, fields(user = %user))]
pub(super) async fn roles_of(
    source: &impl Source,
    user: UserId,
) -> Result<Numbered<Option<GivenRoles>>, StorageError> {
    let most = u64::try_from(MOST_COPIED).unwrap_or(u64::MAX);
    let select = member::Entity::find()
        .filter(member::COLUMN.user_id.eq(user.0))
        .limit(most + 1)
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    if rows.len() > MOST_COPIED {
        return Ok((None, number));
    }
    let roles = rows.iter().map(|row| {
        let row = member::Model::from_query_result(row, "")?;
        Ok((NamespaceId(row.namespace_id), to_role(&row)?))
    });
    let mut roles = roles.collect::<Result<GivenRoles, StorageError>>()?;
    roles.sort_unstable_by_key(|(namespace, _)| *namespace);
    // They are kept for long, and what they take is counted.
    roles.shrink_to_fit();
    Ok((Some(roles), number))
}

/// The roles of a user at `path` at `now`, its own and inherited ones, memberships only.
#[tracing::instrument(level = "debug", name = "storage.rights.roles_at", skip_all, fields(user = %user))]
pub async fn roles_at(
    source: &impl Source,
    user: UserId,
    path: &NamespacePath,
    now: DateTime<Utc>,
) -> Result<Vec<LastingRole>, StorageError> {
    let paths: Vec<NamespacePath> = path.and_ancestors().collect();
    let rows = on_paths(source, paths.iter().map(NamespacePath::as_str).collect()).await?;
    let (held, _) = memberships(source, user, &rows, now).await?;
    held.iter().map(to_role).collect()
}

async fn memberships(
    source: &impl Source,
    user: UserId,
    namespaces: &[namespace::Model],
    now: DateTime<Utc>,
) -> Result<Numbered<Vec<member::Model>>, StorageError> {
    let namespaces = namespaces.iter().map(|row| NamespaceId(row.id));
    let select = member::Entity::find()
        .filter(lasting(namespaces, now))
        .filter(member::COLUMN.user_id.eq(user.0))
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let rows = rows
        .iter()
        .map(|row| member::Model::from_query_result(row, ""));
    Ok((rows.collect::<Result<_, _>>()?, number))
}

fn to_state(row: &namespace::Model) -> NamespaceState {
    match row.deleted_at {
        Some(_) => NamespaceState::Tombstone,
        None => NamespaceState::Live(from_visibility(row.visibility)),
    }
}
