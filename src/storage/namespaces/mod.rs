//! Groups, projects, users' own namespaces, and the tombstones of deleted ones.

pub mod lists;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::Expr,
};

use crate::domain::events::subject::Touched;
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{Namespace, NamespaceKind, Occupied};
use crate::storage::changes::change::Change;
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::entity::instant::Instant;
use crate::storage::entity::namespace;
use crate::storage::entity::namespace::Kind;
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::{self, Named};
use crate::storage::lists::page::is_one_of;
use crate::storage::source::{AT_A_TIME, Source};

/// A namespace that is to be made.
#[derive(Debug, Clone)]
pub struct NamespaceRecord {
    /// The kind of namespace.
    pub kind: NamespaceKind,
    /// The path.
    pub path: NamespacePath,
    /// The visibility.
    pub visibility: Visibility,
    /// The namespace that it lies in; none at the top.
    pub parent: Option<NamespaceId>,
    /// The name that people read; without one, the last part of the path.
    pub name: Option<String>,
    /// The description, if it has one.
    pub description: Option<String>,
}

/// A namespace as far as it must be known to be buried: there may be many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespacePlace {
    /// Its id.
    pub id: NamespaceId,
    /// Its path.
    pub path: NamespacePath,
}

impl From<&Namespace> for NamespacePlace {
    fn from(namespace: &Namespace) -> Self {
        Self {
            id: namespace.id,
            path: namespace.path.clone(),
        }
    }
}

/// The first `size` living namespaces of one kind, by path; or the first after a path.
#[tracing::instrument(level = "debug", name = "storage.namespaces.by_path", skip_all)]
pub async fn by_path(
    source: &impl Source,
    kind: NamespaceKind,
    after: Option<&NamespacePath>,
    size: u64,
) -> Result<Vec<Namespace>, StorageError> {
    let after = after.map(|path| namespace::Column::Path.gt(path.as_str()));
    let live = namespace::Entity::find()
        .filter(namespace::Column::Kind.eq(to_kind(kind)))
        .filter(namespace::COLUMN.deleted_at.is_null())
        .filter(Condition::all().add_option(after))
        .order_by_asc(namespace::Column::Path)
        .limit(size);
    live.all(source.connection())
        .await?
        .iter()
        .map(to_namespace)
        .collect()
}

/// The namespace or tombstone that has taken `path`.
#[tracing::instrument(level = "debug", name = "storage.namespaces.occupant", skip_all)]
pub async fn occupant(
    source: &impl Source,
    path: &NamespacePath,
) -> Result<Option<Occupied>, StorageError> {
    let row = namespace::Entity::find_by_path(path.as_str())
        .one(source.connection())
        .await?;
    row.as_ref().map(to_occupied).transpose()
}

/// The living namespace at `path`.
#[tracing::instrument(level = "debug", name = "storage.namespaces.find_live", skip_all)]
pub async fn find_live(
    source: &impl Source,
    path: &NamespacePath,
) -> Result<Option<Namespace>, StorageError> {
    Ok(occupant(source, path)
        .await?
        .and_then(|occupied| match occupied {
            Occupied::Live(namespace) => Some(namespace),
            Occupied::Tombstone(_) => None,
        }))
}

/// The living namespace with that id.
#[tracing::instrument(level = "debug", name = "storage.namespaces.find_live_by_id", skip_all, fields(id = %id))]
pub async fn find_live_by_id(
    source: &impl Source,
    id: NamespaceId,
) -> Result<Option<Namespace>, StorageError> {
    let row = namespace::Entity::find_by_id(id.0)
        .filter(namespace::COLUMN.deleted_at.is_null())
        .one(source.connection())
        .await?;
    row.as_ref().map(to_namespace).transpose()
}

/// A namespace and all that it lies in, nearest first.
#[tracing::instrument(level = "debug", name = "storage.namespaces.and_ancestors", skip_all)]
pub async fn and_ancestors(
    source: &impl Source,
    namespace: &Namespace,
) -> Result<Vec<Namespace>, StorageError> {
    let paths: Vec<NamespacePath> = namespace.path.and_ancestors().collect();
    let rows = on_paths(source, paths.iter().map(NamespacePath::as_str).collect()).await?;
    let live = rows.iter().filter(|row| row.deleted_at.is_none());
    let mut found: Vec<Namespace> = live.map(to_namespace).collect::<Result<_, _>>()?;
    found.sort_by_key(|namespace| Reverse(namespace.path.as_str().len()));
    Ok(found)
}

/// The ids of the living namespaces at these paths.
#[tracing::instrument(level = "debug", name = "storage.namespaces.ids_at", skip_all)]
pub async fn ids_at(
    source: &impl Source,
    paths: &[NamespacePath],
) -> Result<BTreeMap<NamespacePath, NamespaceId>, StorageError> {
    let rows = on_paths(source, paths.iter().map(NamespacePath::as_str).collect()).await?;
    let live = rows.iter().filter(|row| row.deleted_at.is_none());
    live.map(|row| Ok((to_path(row)?, NamespaceId(row.id))))
        .collect()
}

/// All namespaces that `namespaces` lie in, in no order.
#[tracing::instrument(level = "debug", name = "storage.namespaces.above", skip_all)]
pub async fn above(
    source: &impl Source,
    namespaces: &[Namespace],
) -> Result<Vec<Namespace>, StorageError> {
    let paths: BTreeSet<NamespacePath> = namespaces
        .iter()
        .flat_map(|namespace| namespace.path.and_ancestors().skip(1))
        .collect();
    let paths: Vec<&str> = paths.iter().map(NamespacePath::as_str).collect();
    let mut found = Vec::new();
    for some in paths.chunks(AT_A_TIME) {
        let rows = on_paths(source, some.to_vec()).await?;
        let live = rows.iter().filter(|row| row.deleted_at.is_none());
        found.extend(live.map(to_namespace).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// The living namespaces below `ancestor`, nearest first.
#[tracing::instrument(level = "debug", name = "storage.namespaces.live_below", skip_all)]
pub async fn live_below(
    source: &impl Source,
    ancestor: NamespaceId,
) -> Result<Vec<Namespace>, StorageError> {
    let below = |row: &namespace::Model| (row.id, row.kind);
    let rows = rows_below(source, ancestor, |all| all, below).await?;
    rows.iter().map(to_namespace).collect()
}

/// The places of the living namespaces below `ancestor`, nearest first.
#[tracing::instrument(level = "debug", name = "storage.namespaces.places_below", skip_all)]
pub async fn places_below(
    source: &impl Source,
    ancestor: NamespaceId,
) -> Result<Vec<NamespacePlace>, StorageError> {
    use namespace::Column;
    let columns = |all: Select<namespace::Entity>| {
        let columns = [Column::Id, Column::Kind, Column::Path];
        all.select_only().columns(columns)
    };
    let below = |row: &PlaceRow| (row.id, row.kind);
    let rows = rows_below(source, ancestor, columns, below).await?;
    let places = rows.into_iter().map(|row| {
        let path = to_known_path(&row.path)?;
        let id = NamespaceId(row.id);
        Ok(NamespacePlace { id, path })
    });
    places.collect()
}

/// The columns that a namespace's place needs.
#[derive(Debug, FromQueryResult)]
struct PlaceRow {
    id: i64,
    kind: Kind,
    path: String,
}

/// The rows below `ancestor`, level by level along the parents: a comparison of paths would depend on the collation. Nothing is below
/// projects, of which there are many.
async fn rows_below<M: FromQueryResult + Send + Sync>(
    source: &impl Source,
    ancestor: NamespaceId,
    columns: fn(Select<namespace::Entity>) -> Select<namespace::Entity>,
    below: fn(&M) -> (i64, Kind),
) -> Result<Vec<M>, StorageError> {
    let mut found = Vec::new();
    let mut level = vec![ancestor.0];
    // A backup that somebody altered may have a group below itself.
    let mut seen = BTreeSet::from([ancestor.0]);
    while !level.is_empty() {
        let mut children: Vec<M> = Vec::new();
        for parents in level.chunks(AT_A_TIME) {
            let query = namespace::Entity::find()
                .filter(namespace::COLUMN.parent_id.is_in(parents.to_vec()))
                .filter(namespace::COLUMN.deleted_at.is_null())
                .order_by_asc(namespace::Column::Path);
            let rows = columns(query).into_model().all(source.connection());
            children.extend(rows.await?);
        }
        children.retain(|row| seen.insert(below(row).0));
        let lower = children.iter().map(below);
        let lower = lower.filter(|(_, kind)| *kind != Kind::Project);
        level = lower.map(|(id, _)| id).collect();
        found.extend(children);
    }
    Ok(found)
}

/// Makes a namespace; it replaces a tombstone, if there is one.
#[tracing::instrument(level = "debug", name = "storage.namespaces.insert", skip_all)]
pub async fn insert(change: &Change, new: NamespaceRecord) -> Result<Namespace, StorageError> {
    let connection = change.connection();
    change.touch(Touched::Namespace(new.path.clone()));
    let name = new.name.unwrap_or_else(|| new.path.name().to_owned());
    let folded = namespace::folded_texts(&name, new.path.as_str());
    if let Some(tombstone) = namespace::Entity::find_by_path(new.path.as_str())
        .filter(namespace::COLUMN.deleted_at.is_not_null())
        .one(connection)
        .await?
    {
        // Tombstones below this one must not be orphaned, so its row is reused.
        let row = namespace::ActiveModel {
            id: Set(tombstone.id),
            kind: Set(to_kind(new.kind)),
            visibility: Set(to_visibility(new.visibility)),
            folded: Set(Some(folded.clone())),
            name: Set(Some(name)),
            description: Set(new.description),
            deleted_at: Set(None),
            created_at: Set(change.now().into()),
            ..Default::default()
        };
        note(change, tombstone.id, &folded).await?;
        return to_namespace(&row.update(connection).await?);
    }
    let row = namespace::ActiveModel {
        path: Set(new.path.as_str().to_owned()),
        kind: Set(to_kind(new.kind)),
        visibility: Set(to_visibility(new.visibility)),
        parent_id: Set(new.parent.map(|parent| parent.0)),
        folded: Set(Some(folded.clone())),
        name: Set(Some(name)),
        description: Set(new.description),
        deleted_at: Set(None),
        created_at: Set(change.now().into()),
        ..Default::default()
    };
    let row = row.insert(connection).await?;
    note(change, row.id, &folded).await?;
    to_namespace(&row)
}

/// Lets searches find a namespace by its folded texts.
async fn note(change: &Change, id: i64, folded: &str) -> Result<(), StorageError> {
    letter_pairs::note(change.connection(), Named::Namespace, [(id, folded)]).await
}

/// Stores the name, description and visibility of a namespace that was another one.
#[tracing::instrument(level = "debug", name = "storage.namespaces.save", skip_all)]
pub async fn save(
    change: &Change,
    was: &Namespace,
    namespace: &Namespace,
) -> Result<(), StorageError> {
    // Decisions rest on nothing else of it, and need not be made anew.
    if namespace.visibility != was.visibility {
        change.touch(Touched::Namespace(namespace.path.clone()));
    }
    let folded = namespace::folded_texts(&namespace.name, namespace.path.as_str());
    note(change, namespace.id.0, &folded).await?;
    let row = namespace::ActiveModel {
        id: Set(namespace.id.0),
        folded: Set(Some(folded)),
        name: Set(Some(namespace.name.clone())),
        description: Set(namespace.description.clone()),
        visibility: Set(to_visibility(namespace.visibility)),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Leaves private tombstones where these namespaces were.
#[tracing::instrument(level = "debug", name = "storage.namespaces.bury", skip_all)]
pub async fn bury(change: &Change, namespaces: &[NamespacePlace]) -> Result<(), StorageError> {
    for some in namespaces.chunks(AT_A_TIME) {
        let ids = touched_ids(change, some);
        namespace::Entity::update_many()
            .col_expr(
                namespace::Column::DeletedAt,
                Expr::value(Instant::from(change.now())),
            )
            .col_expr(
                namespace::Column::Visibility,
                Expr::value(namespace::Visibility::Private),
            )
            .filter(namespace::COLUMN.id.is_in(ids))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// The ids of namespaces that a change touches.
pub(super) fn touched_ids(change: &Change, namespaces: &[NamespacePlace]) -> Vec<i64> {
    for namespace in namespaces {
        change.touch(Touched::Namespace(namespace.path.clone()));
    }
    namespaces.iter().map(|namespace| namespace.id.0).collect()
}

/// The namespaces on the given paths, tombstones too, for the decision.
pub(super) async fn on_paths(
    source: &impl Source,
    paths: Vec<&str>,
) -> Result<Vec<namespace::Model>, StorageError> {
    Ok(on_paths_numbered(source, paths).await?.0)
}

/// The namespaces on these paths, and the number of the last change that the answer knows of.
pub(super) async fn on_paths_numbered(
    source: &impl Source,
    paths: Vec<&str>,
) -> Result<Numbered<Vec<namespace::Model>>, StorageError> {
    let limit = u64::try_from(paths.len()).unwrap_or(u64::MAX);
    let select = namespace::Entity::find()
        .filter(is_one_of(namespace::Column::Path, paths))
        .limit(limit)
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let rows = rows
        .iter()
        .map(|row| namespace::Model::from_query_result(row, ""));
    Ok((rows.collect::<Result<_, _>>()?, number))
}

/// The rows of namespaces with these ids, as many as are there.
pub(super) async fn rows_by_id(
    source: &impl Source,
    ids: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, namespace::Model>, StorageError> {
    let rows = namespace::Entity::find()
        .filter(is_one_of(namespace::Column::Id, ids))
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

pub(super) fn to_path(row: &namespace::Model) -> Result<NamespacePath, StorageError> {
    to_known_path(&row.path)
}

fn to_known_path(path: &str) -> Result<NamespacePath, StorageError> {
    NamespacePath::try_from(path).map_err(|error| StorageError::unreadable("path", &error))
}

pub(super) fn from_visibility(visibility: namespace::Visibility) -> Visibility {
    match visibility {
        namespace::Visibility::Private => Visibility::Private,
        namespace::Visibility::Internal => Visibility::Internal,
        namespace::Visibility::Public => Visibility::Public,
    }
}

fn to_occupied(row: &namespace::Model) -> Result<Occupied, StorageError> {
    match row.deleted_at {
        Some(_) => Ok(Occupied::Tombstone(from_kind(row.kind))),
        None => to_namespace(row).map(Occupied::Live),
    }
}

pub(super) fn to_namespace(row: &namespace::Model) -> Result<Namespace, StorageError> {
    let path = to_path(row)?;
    Ok(Namespace {
        id: NamespaceId(row.id),
        kind: from_kind(row.kind),
        name: row.name.clone().unwrap_or_else(|| path.name().to_owned()),
        path,
        description: row.description.clone(),
        visibility: from_visibility(row.visibility),
        parent: row.parent_id.map(NamespaceId),
        created_at: row.created_at.into(),
    })
}

pub(super) fn to_kind(kind: NamespaceKind) -> Kind {
    match kind {
        NamespaceKind::Group => Kind::Group,
        NamespaceKind::Project => Kind::Project,
        NamespaceKind::User => Kind::User,
    }
}

pub(super) fn to_visibility(visibility: Visibility) -> namespace::Visibility {
    match visibility {
        Visibility::Private => namespace::Visibility::Private,
        Visibility::Internal => namespace::Visibility::Internal,
        Visibility::Public => namespace::Visibility::Public,
    }
}

pub(super) fn from_kind(kind: Kind) -> NamespaceKind {
    match kind {
        Kind::Group => NamespaceKind::Group,
        Kind::Project => NamespaceKind::Project,
        Kind::User => NamespaceKind::User,
    }
}
