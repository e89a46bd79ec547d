//! Usage, added up by the database.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Order,
    QueryFilter, QueryResult, QuerySelect, QueryTrait,
};

use crate::domain::ids::{NamespaceId, RepositoryId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::path::root_of;
use crate::domain::page::{KeysetRequest, Listing, ListingPlace, Page, Paging, Slice};
use crate::domain::usage::CredentialKind;
use crate::domain::usage::filter::{UsageFilter, UsageGrouping, UsageKey, UsagePlace, UsageSum};
use crate::storage::entity::instant::Instant;
use crate::storage::entity::repository;
use crate::storage::entity::usage_day::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::lists::page::begins_with;
use crate::storage::source::Source;
use crate::storage::usage::{COUNTS, begin_of, to_counts};

/// The names of the columns that are not sums.
const KEY: [&str; 3] = ["key_one", "key_two", "key_three"];
const FIRST: &str = "first_day";
const LAST: &str = "last_day";

/// A part of the usage that `filter` lets through, added up for each thing, in the order of their numbers.
#[tracing::instrument(level = "debug", name = "storage.usage.sums.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: &UsageFilter,
    grouping: UsageGrouping,
    paging: Paging,
) -> Result<Listing<UsageSum>, StorageError> {
    let (size, offset, after) = match paging {
        Paging::Offset(request) => (request.size, request.offset(), None),
        Paging::Keyset(request) => (request.size, 0, request.after),
    };
    let turn = source.turn().await?;
    let connection = source.connection();
    let select = sums(filter, grouping, after, connection.get_database_backend())
        .offset(offset)
        .limit(size.saturating_add(1))
        .take();
    let rows = turn.bound(source, connection.query_all(&select)).await?;
    let mut items = rows
        .iter()
        .map(|row| to_sum(row, grouping))
        .collect::<Result<Vec<_>, _>>()?;
    let wanted = usize::try_from(size).unwrap_or(usize::MAX);
    let has_rest = items.len() > wanted;
    items.truncate(wanted);
    let place = match paging {
        Paging::Offset(request) => ListingPlace::Page(Page {
            // To count the things costs as much as to add them all up.
            total: None,
            has_rest,
            request,
        }),
        Paging::Keyset(request) => {
            let last = items.last().filter(|_| has_rest);
            ListingPlace::Slice(Slice {
                next: last.map(|sum| sum.key.number()),
                request: KeysetRequest {
                    descending: false,
                    ..request
                },
            })
        }
    };
    Ok(Listing { items, place })
}

fn sums(
    filter: &UsageFilter,
    grouping: UsageGrouping,
    after: Option<i64>,
    backend: DbBackend,
) -> SelectStatement {
    // A sum of large numbers is a decimal to some databases.
    let whole = Alias::new(match backend {
        DbBackend::MySql => "signed",
        _ => "bigint",
    });
    let mut select = usage_day::Entity::find()
        .select_only()
        .filter(condition(filter))
        .filter(Condition::all().add_option(after.map(|after| beyond(grouping, after))))
        .column_as(Column::Day.min(), FIRST)
        .column_as(Column::Day.max(), LAST)
        .into_query();
    for column in COUNTS {
        let sum = Expr::expr(Func::sum(Expr::col(column))).cast_as(whole.clone());
        select.expr_as(sum, Alias::new(column.as_str()));
    }
    for (column, name) in keys(grouping).iter().zip(KEY) {
        select
            .expr_as(Expr::col(*column), Alias::new(name))
            .group_by_col(*column)
            .order_by(*column, Order::Asc);
    }
    if grouping == UsageGrouping::Token {
        select.expr_as(
            Expr::expr(Func::max(Expr::col(Column::UserId))),
            Alias::new(KEY[2]),
        );
    }
    select
}

fn keys(grouping: UsageGrouping) -> &'static [Column] {
    match grouping {
        UsageGrouping::Day => &[Column::Day],
        UsageGrouping::Token => &[Column::CredentialId, Column::Credential],
        UsageGrouping::Repository => &[Column::RepositoryId],
        UsageGrouping::Project => &[Column::NamespaceId],
    }
}

/// The condition that a thing comes after the one with the number `after`.
fn beyond(grouping: UsageGrouping, after: i64) -> Condition {
    let all = Condition::all();
    match grouping {
        UsageGrouping::Day => all.add(Column::Day.gt(begin_of(UsageKey::day_at(after)))),
        UsageGrouping::Repository => all.add(Column::RepositoryId.gt(after)),
        UsageGrouping::Project => all.add(Column::NamespaceId.gt(after)),
        UsageGrouping::Token => {
            let (id, kind) = UsageKey::credential_at(after);
            let same = Condition::all()
                .add(Column::CredentialId.eq(id))
                .add(Column::Credential.gt(kind.name()));
            all.add(Condition::any().add(Column::CredentialId.gt(id)).add(same))
        }
    }
}

fn condition(filter: &UsageFilter) -> Condition {
    let named = |name: &str| {
        Query::select()
            .column(repository::Column::Id)
            .from(repository::Entity)
            .and_where(repository::Column::Name.eq(name))
            .take()
    };
    Condition::all()
        .add_option(filter.place.as_ref().map(place))
        .add_option(
            filter
                .repository
                .as_ref()
                .map(|name| Column::RepositoryId.in_subquery(named(name.as_str()))),
        )
        .add_option(filter.user.map(|user| Column::UserId.eq(user.0)))
        .add_option(filter.credential.map(|(kind, id)| {
            Condition::all()
                .add(Column::Credential.eq(kind.name()))
                .add(Column::CredentialId.eq(id))
        }))
        .add_option(filter.since.map(since))
        .add_option(filter.from.map(|day| Column::Day.gte(begin_of(day))))
        .add_option(filter.to.map(|day| Column::Day.lte(begin_of(day))))
}

/// The condition that usage does not belong to those who had a place before it was made at `instant`. Counts are of whole days: on
/// the day itself those of repositories are left out that were there before.
fn since(instant: DateTime<Utc>) -> Condition {
    let day = begin_of(instant.date_naive());
    let was_there = Query::select()
        .expr(Expr::val(1))
        .from(repository::Entity)
        .and_where(
            Expr::col((repository::Entity, repository::Column::Id))
                .eq(Column::RepositoryId.into_expr()),
        )
        .and_where(repository::Column::CreatedAt.lt(Instant::from(instant)))
        .take();
    let on_the_day = Condition::all()
        .add(Column::Day.eq(day))
        .add(Expr::not_exists(was_there));
    Condition::any().add(Column::Day.gt(day)).add(on_the_day)
}

fn place(place: &UsagePlace) -> Condition {
    match place {
        UsagePlace::Project(id) => Condition::all().add(Column::NamespaceId.eq(id.0)),
        UsagePlace::Below(path) => below(path),
    }
}

/// The condition that usage belongs to that path or below it. The first part of the path leads to all of the group at
/// the top, among which that of a group below is.
fn below(path: &NamespacePath) -> Condition {
    let path = path.as_str();
    let root = root_of(path);
    let repositories = (root != path).then(|| {
        use repository::Column;
        let at_or_below = Column::Name
            .eq(path)
            .or(begins_with(Column::Name, &format!("{path}/")));
        Query::select()
            .column(Column::Id)
            .from(repository::Entity)
            .and_where(Column::Root.eq(root))
            .and_where(at_or_below)
            .take()
    });
    Condition::all()
        .add(Column::Root.eq(root))
        .add_option(repositories.map(|ids| Column::RepositoryId.in_subquery(ids)))
}

fn to_sum(row: &QueryResult, grouping: UsageGrouping) -> Result<UsageSum, StorageError> {
    let id = |name: &str| row.try_get::<i64>("", name);
    let day = |name: &str| Ok::<_, DbErr>(row.try_get::<Instant>("", name)?.0.date());
    let [one, two, three] = KEY;
    let known = |id: i64| Some(id).filter(|&id| id > 0);
    let key = match grouping {
        UsageGrouping::Day => UsageKey::Day(day(one)?),
        UsageGrouping::Token => {
            let name: String = row.try_get("", two)?;
            let kind = CredentialKind::from_name(&name)
                .ok_or_else(|| StorageError::unreadable("usage", &"an unknown credential"))?;
            let user: Option<i64> = row.try_get("", three)?;
            UsageKey::Credential(kind, id(one)?, user.map(UserId))
        }
        UsageGrouping::Repository => UsageKey::Repository(known(id(one)?).map(RepositoryId)),
        UsageGrouping::Project => UsageKey::Namespace(known(id(one)?).map(NamespaceId)),
    };
    let mut numbers = [0; 9];
    for (number, column) in numbers.iter_mut().zip(COUNTS) {
        *number = id(column.as_str())?;
    }
    Ok(UsageSum {
        key,
        name: None,
        first_day: day(FIRST)?,
        last_day: day(LAST)?,
        counts: to_counts(numbers),
    })
}
