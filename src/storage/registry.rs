//! Loads the rights that a decision needs, with two questions to the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, QueryFilter};

use crate::domain::decision::principal::Principal;
use crate::domain::decision::rights::{NamespaceState, Rights};
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::members::{LastingRole, ownership};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::repository_name::RepositoryName;
use crate::storage::entity::{member, namespace};
use crate::storage::error::StorageError;
use crate::storage::members::{lasting, to_level, to_role};
use crate::storage::namespaces::{from_visibility, on_paths, to_path};
use crate::storage::source::Source;

/// The namespaces that `repositories` may belong to, and the caller's memberships there at `now`.
#[tracing::instrument(level = "debug", name = "storage.registry.load", skip_all)]
pub async fn load(
    source: &impl Source,
    principal: &Principal,
    repositories: &[&RepositoryName],
    now: DateTime<Utc>,
) -> Result<Rights, StorageError> {
    let mut rights = Rights::default();
    let paths: BTreeSet<&str> = repositories
        .iter()
        .flat_map(|name| name.prefixes())
        .collect();
    if paths.is_empty() {
        return Ok(rights);
    }
    let rows = on_paths(source, paths.into_iter().collect()).await?;
    for row in &rows {
        let namespace = match row.deleted_at {
            Some(_) => NamespaceState::Tombstone,
            None => NamespaceState::Live(from_visibility(row.visibility)),
        };
        rights.add_namespace(&to_path(row)?, namespace);
    }
    if let Principal::User(user) = principal {
        let (path, level) = ownership(&user.username);
        rights.add_membership(&path, level);
        for member in memberships(source, user.id, &rows, now).await? {
            if let Some(row) = rows.iter().find(|row| row.id == member.namespace_id) {
                rights.add_membership(&to_path(row)?, to_level(&member)?);
            }
        }
    }
    Ok(rights)
}

/// The roles of a user at `path` at `now`, its own and inherited ones, memberships only.
#[tracing::instrument(level = "debug", name = "storage.registry.roles_at", skip_all, fields(user = %user))]
pub async fn roles_at(
    source: &impl Source,
    user: UserId,
    path: &NamespacePath,
    now: DateTime<Utc>,
) -> Result<Vec<LastingRole>, StorageError> {
    let paths: Vec<NamespacePath> = path.and_ancestors().collect();
    let rows = on_paths(source, paths.iter().map(NamespacePath::as_str).collect()).await?;
    let held = memberships(source, user, &rows, now).await?;
    held.iter().map(to_role).collect()
}

async fn memberships(
    source: &impl Source,
    user: UserId,
    namespaces: &[namespace::Model],
    now: DateTime<Utc>,
) -> Result<Vec<member::Model>, StorageError> {
    let namespaces = namespaces.iter().map(|row| NamespaceId(row.id));
    let found = member::Entity::find()
        .filter(lasting(namespaces, now))
        .filter(member::COLUMN.user_id.eq(user.0));
    Ok(found.all(source.connection()).await?)
}
