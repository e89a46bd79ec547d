//! Lists of groups and projects, with only what the caller may see.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, JoinType, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoSimpleExpr, Order, QueryFilter, QueryOrder, Select,
};

use super::entity::{member, namespace};
use super::error::StorageError;
use super::members::not_ended;
use super::namespaces::{to_kind, to_namespace, to_visibility};
use super::page::{begins_with, contains, listing_of, try_map_listing};
use super::source::Source;
use crate::domain::access_level::AccessLevel;
use crate::domain::authority::Authority;
use crate::domain::filters::{PlaceFilter, PlaceSort, PlaceSortKey, Within};
use crate::domain::ids::UserId;
use crate::domain::namespace::Namespace;
use crate::domain::namespace_path::NamespacePath;
use crate::domain::page::{Listing, Paging};
use crate::domain::visibility::Visibility;

/// A part of the places that `filter` lets through and `authority` may see at `now`.
pub async fn page(
    source: &impl Source,
    authority: &Authority,
    filter: &PlaceFilter,
    now: DateTime<Utc>,
    paging: Paging,
) -> Result<Listing<Namespace>, StorageError> {
    let query = namespace::Entity::find().filter(wanted(filter)).filter(
        Condition::all()
            .add_option(seen_by(authority, now))
            .add_option(
                filter
                    .min_role
                    .map(|level| where_role(authority, level, now)),
            ),
    );
    let sort = |query| sorted(query, filter.sort);
    let id = (namespace::Column::Id, |row: &namespace::Model| row.id);
    let rows = listing_of(source, query, sort, id, paging).await?;
    try_map_listing(rows, |row| to_namespace(&row))
}

fn wanted(filter: &PlaceFilter) -> Condition {
    use namespace::Column;
    let within = filter.within.as_ref().map(|within| match within {
        Within::Children(id) => Column::ParentId.eq(id.0),
        Within::Below(path) => begins_with(Column::Path, &format!("{path}/")),
    });
    Condition::all()
        .add(Column::Kind.eq(to_kind(filter.kind)))
        .add(Column::DeletedAt.is_null())
        .add_option(within)
        .add_option(
            filter
                .visibility
                .map(|visibility| Column::Visibility.eq(to_visibility(visibility))),
        )
        .add_option(filter.top_level_only.then(|| Column::ParentId.is_null()))
        .add_option(filter.search.as_deref().map(|text| {
            Condition::any()
                .add(contains(Column::Path, text))
                .add(contains(Column::Name, text))
        }))
        .add_option(
            (!filter.skip.is_empty())
                .then(|| Column::Id.is_not_in(filter.skip.iter().map(|id| id.0))),
        )
}

/// The same rule as [`Authority::sees`]; none if everything may be seen.
fn seen_by(authority: &Authority, now: DateTime<Utc>) -> Option<Condition> {
    if authority.is_administrator() {
        return None;
    }
    let shown = if authority.is_external() {
        &[Visibility::Public][..]
    } else {
        &[Visibility::Public, Visibility::Internal]
    };
    let shown = shown.iter().copied().map(to_visibility);
    Some(
        where_role(authority, AccessLevel::Guest, now)
            .add(namespace::Column::Visibility.is_in(shown)),
    )
}

/// Where the caller has at least that role, its own or inherited: any of these.
fn where_role(authority: &Authority, least: AccessLevel, now: DateTime<Utc>) -> Condition {
    let mut any = Condition::any();
    // Everyone owns the namespace that bears their user name.
    if let Some(own) = authority.own_namespace() {
        any = any.add(at_or_below(&own));
    }
    match authority.user() {
        Some(user) => any.add(Expr::exists(roles_above(user, least, now))),
        // Nobody's roles: nothing. A condition without parts would be everything.
        None => any.add(Expr::value(1).eq(0)),
    }
}

fn at_or_below(path: &NamespacePath) -> Condition {
    Condition::any()
        .add(namespace::Column::Path.eq(path.as_str()))
        .add(begins_with(namespace::Column::Path, &format!("{path}/")))
}

/// The roles of a user at the place of the outer query or above it.
///
/// Paths are compared piece by piece and not by a pattern: `_` would be a wildcard, and the three
/// databases join texts in different ways.
fn roles_above(
    user: UserId,
    least: AccessLevel,
    now: DateTime<Utc>,
) -> sea_orm::sea_query::SelectStatement {
    let above = Alias::new("above");
    let above_path = || Expr::col((above.clone(), namespace::Column::Path));
    let path = || Expr::col((namespace::Entity, namespace::Column::Path));
    let length = || Expr::expr(Func::cust("LENGTH").arg(above_path()));
    let piece = |from: Expr, length: Expr| {
        Expr::expr(Func::cust("SUBSTR").arg(path()).arg(from).arg(length))
    };
    let is_above = Condition::any().add(path().eq(above_path())).add(
        Condition::all()
            .add(piece(Expr::value(1), length()).eq(above_path()))
            .add(piece(length().add(1), Expr::value(1)).eq("/")),
    );
    Query::select()
        .expr(Expr::value(1))
        .from(member::Entity)
        .join_as(
            JoinType::InnerJoin,
            namespace::Entity,
            above.clone(),
            Expr::col((above.clone(), namespace::Column::Id))
                .equals((member::Entity, member::Column::NamespaceId)),
        )
        .and_where(member::Column::UserId.eq(user.0))
        .and_where(member::Column::AccessLevel.gte(least.number()))
        .cond_where(not_ended(now))
        .cond_where(is_above)
        .take()
}

fn sorted(query: Select<namespace::Entity>, sort: PlaceSort) -> Select<namespace::Entity> {
    use namespace::Column;
    let order = if sort.descending {
        Order::Desc
    } else {
        Order::Asc
    };
    let query = match sort.key {
        PlaceSortKey::Id => query,
        PlaceSortKey::Created => query.order_by(Column::CreatedAt, order.clone()),
        PlaceSortKey::Path => query.order_by(Column::Path, order.clone()),
        PlaceSortKey::Name => {
            let name = Func::coalesce([
                Column::Name.into_simple_expr(),
                Column::Path.into_simple_expr(),
            ]);
            query.order_by(Expr::expr(Func::lower(Expr::expr(name))), order.clone())
        }
    };
    query.order_by(Column::Id, order)
}
