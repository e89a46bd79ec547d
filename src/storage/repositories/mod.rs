//! Repositories that were pulled from or pushed to, as far as registry tokens tell.
//!
//! A row is no right: nobody reads it to decide anything, so it has neither an audit row nor a change number.

pub mod known;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::domain::ids::{NamespaceId, RepositoryId};
use crate::domain::namespaces::path::root_of;
use crate::domain::page::{Listing, Paging};
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::{CLOCK_DIFFERENCE, LastUse, RepositoryUses, UsedRepository};
use crate::storage::connections::db::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::repository::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::lists::oldest::delete_oldest;
use crate::storage::lists::page::{is_one_of, listing_of};
use crate::storage::namespaces::on_paths;
use crate::storage::source::Source;

/// The namespaces to which repositories belong, tombstones too; not those that belong to nothing.
#[tracing::instrument(level = "debug", name = "storage.repositories.namespaces_of", skip_all)]
pub async fn namespaces_of(
    source: &impl Source,
    names: &[&RepositoryName],
) -> Result<BTreeMap<RepositoryName, NamespaceId>, StorageError> {
    let paths: BTreeSet<&str> = RepositoryName::prefixes_of(names).collect();
    let rows = on_paths(source, paths.into_iter().collect()).await?;
    let ids: BTreeMap<&str, i64> = rows.iter().map(|row| (row.path.as_str(), row.id)).collect();
    let found = names.iter().filter_map(|&name| {
        let id = name.prefixes().find_map(|path| ids.get(path))?;
        Some((name.clone(), NamespaceId(*id)))
    });
    Ok(found.collect())
}

/// Those of these repositories that were used before.
#[tracing::instrument(level = "debug", name = "storage.repositories.find_all", skip_all)]
pub async fn find_all(
    source: &impl Source,
    names: &[&RepositoryName],
) -> Result<Vec<UsedRepository>, StorageError> {
    let names = names.iter().map(|name| name.as_str());
    let found = repository::Entity::find().filter(is_one_of(Column::Name, names));
    let rows = found.all(source.connection()).await?;
    rows.iter().map(to_repository).collect()
}

/// The names of these repositories.
#[tracing::instrument(level = "debug", name = "storage.repositories.names", skip_all)]
pub async fn names(
    source: &impl Source,
    ids: impl IntoIterator<Item = RepositoryId>,
) -> Result<BTreeMap<RepositoryId, String>, StorageError> {
    let ids = ids.into_iter().map(|id| id.0);
    let found = repository::Entity::find().filter(is_one_of(Column::Id, ids));
    let rows = found.all(source.connection()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (RepositoryId(row.id), row.name))
        .collect())
}

/// Stores a repository whose first uses are written down at `now`; its id is that of another replica's row if that was
/// quicker.
#[tracing::instrument(level = "debug", name = "storage.repositories.insert", skip_all)]
pub async fn insert(
    db: &Db,
    (name, namespace): (&RepositoryName, Option<NamespaceId>),
    used: RepositoryUses,
    now: DateTime<Utc>,
) -> Result<RepositoryId, StorageError> {
    let row = repository::ActiveModel {
        name: Set(name.as_str().to_owned()),
        root: Set(root_of(name.as_str()).to_owned()),
        namespace_id: Set(namespace.map_or(0, |id| id.0)),
        pushed: Set(used.last.pushed_at.is_some()),
        created_at: Set(used.first.unwrap_or(now).into()),
        last_used_at: Set(now.into()),
        last_pulled_at: Set(used.last.pulled_at.map(Into::into)),
        last_pushed_at: Set(used.last.pushed_at.map(Into::into)),
        ..Default::default()
    };
    let inserted = repository::Entity::insert(row).exec(&db.connection).await;
    match inserted.map_err(StorageError::from) {
        Ok(inserted) => Ok(RepositoryId(inserted.last_insert_id)),
        Err(error @ StorageError::Taken(_)) => {
            let other = find_all(db, &[name]).await?.pop().ok_or(error)?;
            note_use(db, other.id, namespace, (used, now)).await?;
            Ok(other.id)
        }
        Err(error) => Err(error),
    }
}

/// Notes uses of a repository, and to which namespace it belongs at `now`. It is as old as the first of them. Earlier last uses than are
/// known change nothing, unless those are of a clock that was wrong.
#[tracing::instrument(level = "debug", name = "storage.repositories.note_use", skip_all, fields(id = %id))]
pub async fn note_use(
    db: &Db,
    id: RepositoryId,
    namespace: Option<NamespaceId>,
    (RepositoryUses { first, last }, now): (RepositoryUses, DateTime<Utc>),
) -> Result<(), StorageError> {
    let mut update = repository::Entity::update_many()
        .col_expr(
            Column::NamespaceId,
            Expr::value(namespace.map_or(0, |id| id.0)),
        )
        .col_expr(Column::LastUsedAt, Expr::value(Instant::from(now)))
        .filter(Column::Id.eq(id.0));
    for (column, at) in [
        (Column::LastPulledAt, last.pulled_at),
        (Column::LastPushedAt, last.pushed_at),
    ] {
        if let Some(at) = at {
            let at = Instant::from(at);
            let end = Instant::from(now + CLOCK_DIFFERENCE);
            let is_later = column.is_null().or(column.lt(at)).or(column.gt(end));
            let later = CaseStatement::new()
                .case(is_later, Expr::value(at))
                .finally(Expr::col(column));
            update = update.col_expr(column, later.into());
        }
    }
    if let Some(first) = first {
        let first = Instant::from(first);
        let earlier = CaseStatement::new()
            .case(Column::CreatedAt.gt(first), Expr::value(first))
            .finally(Expr::col(Column::CreatedAt));
        update = update.col_expr(Column::CreatedAt, earlier.into());
    }
    if last.pushed_at.is_some() {
        update = update.col_expr(Column::Pushed, Expr::value(true));
    }
    update.exec(&db.connection).await?;
    Ok(())
}

/// A part of the repositories of a project to which a push was granted since `begin`.
#[tracing::instrument(level = "debug", name = "storage.repositories.page", skip_all, fields(project = %project))]
pub async fn page(
    source: &impl Source,
    project: NamespaceId,
    begin: Option<DateTime<Utc>>,
    paging: Paging,
) -> Result<Listing<UsedRepository>, StorageError> {
    let since = begin.map(|begin| Column::LastPushedAt.gte(Instant::from(begin)));
    let query = repository::Entity::find()
        .filter(Column::NamespaceId.eq(project.0))
        .filter(Column::Pushed.eq(true))
        .filter(Condition::all().add_option(since));
    let sort = |query: sea_orm::Select<_>| query.order_by_asc(Column::Id);
    let id = (Column::Id, |row: &repository::Model| row.id);
    let rows = listing_of(source, query, sort, id, paging).await?;
    rows.try_map(|row| to_repository(&row))
}

/// The last uses of all repositories of a project.
#[tracing::instrument(level = "debug", name = "storage.repositories.last_use_in", skip_all, fields(project = %project))]
pub async fn last_use_in(
    source: &impl Source,
    project: NamespaceId,
) -> Result<LastUse, StorageError> {
    // The end of an index each: a maximum of both would look at every repository.
    let last = async |column: Column| {
        let found: Option<Instant> = repository::Entity::find()
            .select_only()
            .column(column)
            .filter(Column::NamespaceId.eq(project.0))
            .filter(column.is_not_null())
            .order_by_desc(column)
            .limit(1)
            .into_tuple()
            .one(source.connection())
            .await?;
        Ok::<_, StorageError>(found.map(Into::into))
    };
    Ok(LastUse {
        pulled_at: last(Column::LastPulledAt).await?,
        pushed_at: last(Column::LastPushedAt).await?,
    })
}

/// Deletes some of the repositories that were last used before `end`, and returns their number; true if there may be more.
#[tracing::instrument(level = "debug", name = "storage.repositories.purge", skip_all)]
pub async fn purge(db: &Db, end: DateTime<Utc>) -> Result<(u64, bool), StorageError> {
    let old = Condition::all().add(Column::LastUsedAt.lt(Instant::from(end)));
    let order = [Column::LastUsedAt];
    delete_oldest::<repository::Entity>(db, old, Column::Id, &order).await
}

fn to_repository(row: &repository::Model) -> Result<UsedRepository, StorageError> {
    let name = RepositoryName::try_from(row.name.as_str())
        .map_err(|error| StorageError::unreadable("repository", &error))?;
    Ok(UsedRepository {
        id: RepositoryId(row.id),
        name,
        namespace: Some(NamespaceId(row.namespace_id)).filter(|id| id.0 > 0),
        created_at: row.created_at.into(),
        last: LastUse {
            pulled_at: row.last_pulled_at.map(Into::into),
            pushed_at: row.last_pushed_at.map(Into::into),
        },
    })
}
