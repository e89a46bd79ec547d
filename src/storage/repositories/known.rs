//! The repositories that a caller may know of: those that were used in groups and projects where they are Reporters, and
//! the projects that they may pull from, whose paths are names of repositories.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::authority::Authority;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::registry::repository_name::RepositoryName;
use crate::storage::entity::namespace::Kind;
use crate::storage::entity::{namespace, repository};
use crate::storage::error::StorageError;
use crate::storage::lists::page::begins_in_order;
use crate::storage::namespaces::lists::{seen_by, where_role};
use crate::storage::source::Source;

/// The most repositories that were used and the most projects that are looked at: each is compared with each pattern.
const MOST: u64 = 500;

/// The patterns, and the database that compares their beginnings.
type Beginnings<'a> = (&'a [RepositoryPattern], DbBackend);

/// The repositories that `authority` may know of at `now`, of those that begin as one of `patterns` does; no pattern means
/// all. True if there are more, which are left out.
#[tracing::instrument(level = "debug", name = "storage.repositories.known.find", skip_all)]
pub async fn find(
    source: &impl Source,
    authority: &Authority,
    patterns: &[RepositoryPattern],
    now: DateTime<Utc>,
) -> Result<(BTreeSet<RepositoryName>, bool), StorageError> {
    let least = AccessLevel::Reporter;
    // The Reporters of a project alone are told what was used in it, whatever its visibility.
    let listed = (!authority.is_administrator()).then(|| where_role(authority, least, now));
    let pulled = seen_by(authority, least, now);
    let turn = source.turn().await?;
    let (mut names, mut is_partial) = (BTreeSet::new(), false);
    let beginnings = (patterns, source.connection().get_database_backend());
    for select in [used(listed, beginnings), projects(pulled, beginnings)] {
        let rows = source.connection().query_all(&select);
        for (row, number) in turn.bound(source, rows).await?.iter().zip(1..) {
            if number > MOST {
                is_partial = true;
                break;
            }
            let name: String = row.try_get_by_index(0)?;
            names.extend(RepositoryName::try_from(name.as_str()));
        }
    }
    Ok((names, is_partial))
}

/// The names of repositories that were used, in namespaces that are `seen`, or in all.
fn used(seen: Option<Condition>, beginnings: Beginnings<'_>) -> SelectStatement {
    use repository::Column;
    let mut select = repository::Entity::find()
        .select_only()
        .column(Column::Name)
        .filter(begin_like(Column::Name, beginnings))
        .order_by_asc(Column::Name)
        .limit(MOST + 1)
        .into_query();
    if let Some(seen) = seen {
        let place = Expr::col((namespace::Entity, namespace::Column::Id));
        let made = Expr::col((namespace::Entity, namespace::Column::CreatedAt));
        select
            .inner_join(
                namespace::Entity,
                place.equals((repository::Entity, Column::NamespaceId)),
            )
            .cond_where(seen)
            // A project that was made anew has the same id, and its past belongs to others.
            .and_where(Expr::col((repository::Entity, Column::LastUsedAt)).gte(made));
    }
    select
}

/// The paths of projects that are `seen`, or of all.
fn projects(seen: Option<Condition>, beginnings: Beginnings<'_>) -> SelectStatement {
    use namespace::Column;
    let is_project = Column::Kind.eq(Kind::Project);
    let is_project: Expr = match beginnings {
        ([], _) => is_project,
        // As a case it leads to no index: SQLite would rather read all projects in their order than look for some beginnings.
        (_, DbBackend::Sqlite) => {
            let case: Expr = Expr::case(is_project, 1).finally(0).into();
            case.eq(1)
        }
        _ => is_project,
    };
    namespace::Entity::find()
        .select_only()
        .column(Column::Path)
        .filter(is_project)
        .filter(Column::DeletedAt.is_null())
        .filter(begin_like(Column::Path, beginnings))
        .filter(Condition::all().add_option(seen))
        .order_by_asc(Column::Path)
        .limit(MOST + 1)
        .into_query()
}

/// The condition that a name begins as one of `patterns` does.
fn begin_like(column: impl ColumnTrait, (patterns, backend): Beginnings<'_>) -> Condition {
    if patterns.is_empty() {
        return Condition::all();
    }
    let beginnings: BTreeSet<&str> = patterns.iter().map(RepositoryPattern::beginning).collect();
    let conditions = beginnings
        .into_iter()
        .map(|beginning| begins_in_order(column, beginning, backend));
    conditions.fold(Condition::any(), Condition::add)
}
