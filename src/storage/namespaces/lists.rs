//! Lists of groups and projects, with only what the caller may see.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, ExprTrait, Func, Query, SelectStatement, UnionType,
    WithClause,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoSimpleExpr, Order,
    QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::authority::Authority;
use crate::domain::ids::{NamespaceId, UserId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::ownership;
use crate::domain::namespaces::filter::{NamespaceFilter, NamespaceSort, NamespaceSortKey, Within};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::page::{Listing, Paging};
use crate::domain::users::User;
use crate::storage::entity::{member, namespace};
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::Named;
use crate::storage::lists::page::{
    begins_with, between, contains, contains_before_the_last, contains_in, having, is_below,
    is_none_of, is_one_of, listing_of, nothing,
};
use crate::storage::members::not_ended;
use crate::storage::namespaces::{to_kind, to_namespace, to_visibility};
use crate::storage::source::{Source, Turn};

/// A part of the namespaces that `filter` lets through and `authority` may see at `now`.
#[tracing::instrument(level = "debug", name = "storage.namespaces.lists.page", skip_all)]
pub async fn page(
    source: &impl Source,
    authority: &Authority,
    filter: &NamespaceFilter,
    now: DateTime<Utc>,
    paging: Paging,
) -> Result<Listing<Namespace>, StorageError> {
    let backend = source.connection().get_database_backend();
    let condition = wanted(filter, backend);
    let min_role = filter
        .min_role
        .map(|level| where_role(authority, level, now));
    let seen = namespace::Entity::find().filter(
        Condition::all()
            .add_option(seen_by(authority, AccessLevel::Guest, now))
            .add_option(min_role),
    );
    let wanted = match &filter.search {
        // A group has few directly in it.
        Some(text) if !matches!(filter.within, Some(Within::Children(_))) => {
            let named = (Named::Namespace, namespace::Column::Id);
            having(source, (seen, condition), named, text).await?
        }
        _ => seen.filter(condition).into(),
    };
    let sort = |query| sorted(query, filter.sort);
    let id = (namespace::Column::Id, |row: &namespace::Model| row.id);
    let rows = listing_of(source, wanted, sort, id, paging).await?;
    rows.try_map(|row| to_namespace(&row))
}

/// The namespaces in which a user has at least a role, its own or inherited, at an instant.
#[derive(Debug, Clone, Copy)]
pub struct NamespacesOf<'a> {
    /// The user.
    pub user: &'a User,
    /// The kind of namespace.
    pub kind: NamespaceKind,
    /// The lowest role.
    pub least: AccessLevel,
    /// The texts of which one is the beginning of their paths, or begins with their path; none for all paths.
    pub beginnings: &'a [&'a str],
    /// The instant.
    pub now: DateTime<Utc>,
}

/// Some of these namespaces, in the order of their ids: those after the id `after`, without the first `skipped`.
#[tracing::instrument(level = "debug", name = "storage.namespaces.lists.some_of", skip_all)]
pub async fn some_of(
    (source, turn): (&impl Source, &Turn),
    wanted: NamespacesOf<'_>,
    after: NamespaceId,
    (skipped, size): (u64, u64),
) -> Result<Vec<Namespace>, StorageError> {
    use namespace::Column;
    // No database takes an offset of any size, and no list is longer.
    if skipped > u32::MAX.into() {
        return Ok(Vec::new());
    }
    let NamespacesOf { user, kind, .. } = wanted;
    let (own, level) = ownership(&user.username);
    let own = (level >= wanted.least).then_some(&own);
    let found = namespace::Entity::find()
        .filter(Column::Kind.eq(to_kind(kind)))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Id.in_subquery(reached(user.id, own, wanted.least, wanted.now)))
        .filter(Column::Id.gt(after.0))
        .filter(Condition::all().add_option(near(wanted.beginnings)))
        .order_by_asc(Column::Id)
        .offset(skipped)
        .limit(size)
        .all(source.connection());
    let found = turn.bound(source, found).await?;
    found.iter().map(to_namespace).collect()
}

/// The condition that a path begins with one of these texts, or is above one that does; none without texts.
fn near(beginnings: &[&str]) -> Option<Condition> {
    use namespace::Column;
    if beginnings.is_empty() {
        return None;
    }
    let above = beginnings.iter().flat_map(|text| {
        let slashes = text.match_indices('/');
        slashes.filter_map(|(at, _)| text.get(..at))
    });
    let above: BTreeSet<&str> = above.collect();
    let begin = beginnings.iter();
    let begin = begin.fold(Condition::any(), |any, text| {
        any.add(begins_with(Column::Path, text))
    });
    Some(begin.add_option((!above.is_empty()).then(|| Column::Path.is_in(above))))
}

/// The paths of these namespaces, tombstones too.
#[tracing::instrument(level = "debug", name = "storage.namespaces.lists.paths", skip_all)]
pub async fn paths(
    source: &impl Source,
    ids: impl IntoIterator<Item = NamespaceId>,
) -> Result<BTreeMap<NamespaceId, String>, StorageError> {
    use namespace::Column;
    let found: Vec<(i64, String)> = namespace::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Path])
        .filter(is_one_of(Column::Id, ids.into_iter().map(|id| id.0)))
        .into_tuple()
        .all(source.connection())
        .await?;
    let paths = found.into_iter().map(|(id, path)| (NamespaceId(id), path));
    Ok(paths.collect())
}

fn wanted(filter: &NamespaceFilter, backend: DbBackend) -> Condition {
    use namespace::Column;
    let within = filter.within.as_ref().map(|within| match within {
        Within::Children(id) => Condition::all().add(Column::ParentId.eq(id.0)),
        Within::Below(path) => is_below(Column::Path, path.as_str(), backend),
    });
    Condition::all()
        .add(Column::Kind.is_in(filter.kinds.iter().copied().map(to_kind)))
        .add(Column::DeletedAt.is_null())
        .add_option(within)
        .add_option(
            filter
                .visibility
                .map(|visibility| Column::Visibility.eq(to_visibility(visibility))),
        )
        .add_option(filter.top_level_only.then(|| Column::ParentId.is_null()))
        .add_option(
            filter
                .search
                .as_deref()
                .map(|text| contains(Column::Folded, text)),
        )
        .add_option(
            filter
                .search
                .as_deref()
                .filter(|_| !filter.search_whole_path)
                .map(in_own_texts),
        )
        .add_option(
            (!filter.skip.is_empty())
                .then(|| is_none_of(Column::Id, filter.skip.iter().map(|id| id.0))),
        )
        .add(between(Column::Id, filter.ids))
        .add_option(filter.nothing.then(nothing))
}

/// The condition that `text` is in the name or in the last part of the path, which is what follows the parent's path.
fn in_own_texts(text: &str) -> Condition {
    use namespace::Column;
    let parent = || Alias::new("parent");
    let above = Query::select()
        .expr(Func::char_length(Expr::col((parent(), Column::Path))))
        .from_as(namespace::Entity, parent())
        .and_where(Expr::col((parent(), Column::Id)).equals((namespace::Entity, Column::ParentId)))
        .take();
    let above = Expr::SubQuery(None, Box::new(above.into()));
    // The first letter is at 1, and a slash stands between the two.
    let begin = Expr::expr(Func::coalesce([above, Expr::value(-1)])).add(2);
    let path = Expr::col((namespace::Entity, Column::Path));
    let part = Func::cust(Alias::new("SUBSTR")).args([path, begin]);
    Condition::any()
        .add(contains_before_the_last(Column::Folded, text))
        .add(contains_in(part.into(), text))
}

/// The condition that the caller has at least that role in a namespace, its own or inherited, or that its visibility opens
/// it to them; none if everything may be seen. With the role Guest it is the rule of [`Authority::sees`], and with Reporter
/// that for pulling.
///
/// The two kinds of what is seen are one list, from which no row is left out: with `OR` between them PostgreSQL
/// would search the list of roles anew for each namespace that there is.
pub(in crate::storage) fn seen_by(
    authority: &Authority,
    least: AccessLevel,
    now: DateTime<Utc>,
) -> Option<Condition> {
    if authority.is_administrator() {
        return None;
    }
    let shown = Visibility::ALL.into_iter();
    let shown = shown
        .filter(|visibility| visibility.is_open_to(authority.is_external()))
        .map(to_visibility);
    let mut seen = Query::select()
        .column(namespace::Column::Id)
        .from(namespace::Entity)
        .and_where(namespace::Column::Visibility.is_in(shown))
        .take();
    if let Some(mut all) = reached_by(authority, least, now) {
        seen = all.union(UnionType::All, seen).take();
    }
    // MariaDB would ask a union that is not a table for each row.
    let seen = Query::select()
        .column(namespace::Column::Id)
        .from_subquery(seen, Alias::new("seen"))
        .take();
    Some(Condition::all().add(namespace::Column::Id.in_subquery(seen)))
}

/// The condition that the caller has at least that role in a namespace, its own or inherited.
pub(in crate::storage) fn where_role(
    authority: &Authority,
    least: AccessLevel,
    now: DateTime<Utc>,
) -> Condition {
    Condition::all().add(match reached_by(authority, least, now) {
        Some(reached) => namespace::Column::Id.in_subquery(reached),
        None => nothing(),
    })
}

/// The ids of the namespaces in which the caller has at least that role, its own or inherited; none at the command line,
/// which has no roles.
fn reached_by(
    authority: &Authority,
    least: AccessLevel,
    now: DateTime<Utc>,
) -> Option<SelectStatement> {
    let own = authority.ownership();
    let own = own.filter(|(_, level)| *level >= least);
    let own = own.as_ref().map(|(path, _)| path);
    Some(reached(authority.user()?, own, least, now))
}

/// The ids of the namespaces where a user has at least that role, and of all below them.
///
/// It goes down from parents to children, so its cost grows with the namespaces that are found, not with all. The
/// beginnings are a union: of conditions with `OR` PostgreSQL expects half of all rows, and plans for a thousand million.
fn reached(
    user: UserId,
    own: Option<&NamespacePath>,
    least: AccessLevel,
    now: DateTime<Utc>,
) -> SelectStatement {
    let reached = || Alias::new("reached");
    let mut all = Query::select()
        .expr_as(
            Expr::col(member::Column::NamespaceId),
            namespace::Column::Id,
        )
        .from(member::Entity)
        .and_where(member::Column::UserId.eq(user.0))
        .and_where(member::Column::AccessLevel.gte(least.number()))
        .cond_where(not_ended(now))
        .take();
    if let Some(path) = own {
        let own = Query::select()
            .column(namespace::Column::Id)
            .from(namespace::Entity)
            .and_where(namespace::Column::Path.eq(path.as_str()))
            .take();
        all.union(UnionType::Distinct, own);
    }
    let below = Query::select()
        .column((namespace::Entity, namespace::Column::Id))
        .from(namespace::Entity)
        .inner_join(
            reached(),
            Expr::col((namespace::Entity, namespace::Column::ParentId))
                .equals((reached(), namespace::Column::Id)),
        )
        .take();
    all.union(UnionType::Distinct, below);
    let clause = CommonTableExpression::new()
        .table_name(reached())
        .column(namespace::Column::Id)
        .query(all)
        .to_owned();
    let clause = WithClause::new().recursive(true).cte(clause).to_owned();
    Query::select()
        .column(namespace::Column::Id)
        .from(reached())
        .with_cte(clause)
        .take()
}

fn sorted(query: Select<namespace::Entity>, sort: NamespaceSort) -> Select<namespace::Entity> {
    use namespace::Column;
    let order = if sort.descending {
        Order::Desc
    } else {
        Order::Asc
    };
    let query = match sort.key {
        NamespaceSortKey::Id => query,
        NamespaceSortKey::Created => query.order_by(Column::CreatedAt, order.clone()),
        NamespaceSortKey::Path => query.order_by(Column::Path, order.clone()),
        NamespaceSortKey::Name => {
            let name = Func::coalesce([
                Column::Name.into_simple_expr(),
                Column::Path.into_simple_expr(),
            ]);
            query.order_by(Expr::expr(Func::lower(Expr::expr(name))), order.clone())
        }
    };
    query.order_by(Column::Id, order)
}
