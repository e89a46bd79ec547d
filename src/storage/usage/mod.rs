//! Usage by day, credential and repository.
//!
//! Usage changes nobody's rights, so it has neither an audit row nor a change number. Each row is written by itself, and
//! by adding: several replicas add to the same one, and no statement waits for another with a row in hand.

pub mod sums;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter,
};

use crate::domain::ids::{NamespaceId, RepositoryId};
use crate::domain::namespaces::path::root_of;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::tally::CredentialDay;
use crate::domain::usage::{
    CredentialKind, RefusedCounts, UsageCounts, UsageCredential, UsageOwner,
};
use crate::storage::connections::db::Db;
use crate::storage::deploy_tokens::ids_below;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::usage_day::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::lists::oldest::delete_oldest;

/// A repository to which usage belongs, with its name and its namespace.
#[derive(Debug, Clone, Copy)]
pub struct UsagePlaced<'a> {
    /// The repository's id.
    pub id: RepositoryId,
    /// The repository's name.
    pub name: &'a RepositoryName,
    /// The namespace to which it belongs; none if that is none.
    pub namespace: Option<NamespaceId>,
}

/// Adds to the row of a credential's day and a repository, or of none; false if there is no such row yet.
#[tracing::instrument(level = "debug", name = "storage.usage.add", skip_all)]
pub async fn add(
    db: &Db,
    day: CredentialDay,
    repository: Option<RepositoryId>,
    counts: UsageCounts,
) -> Result<bool, StorageError> {
    let mut update = usage_day::Entity::update_many();
    for (column, number) in columns(counts)
        .into_iter()
        .filter(|(_, number)| *number > 0)
    {
        update = update.col_expr(column, Expr::col(column).add(number));
    }
    let updated = update
        .filter(of(day))
        .filter(Column::RepositoryId.eq(repository.map_or(0, |id| id.0)))
        .exec(&db.connection)
        .await?;
    Ok(updated.rows_affected > 0)
}

/// Makes the row of a credential's day and a repository, or of none; adds to it if another replica was quicker.
#[tracing::instrument(level = "debug", name = "storage.usage.insert", skip_all)]
pub async fn insert(
    db: &Db,
    day: CredentialDay,
    repository: Option<UsagePlaced<'_>>,
    counts: UsageCounts,
) -> Result<(), StorageError> {
    let (date, UsageCredential { kind, id, user }) = day;
    let root = repository.map_or("", |repository| root_of(repository.name.as_str()));
    let namespace = repository.and_then(|repository| repository.namespace);
    let refused = counts.refused;
    let row = usage_day::ActiveModel {
        day: Set(begin_of(date)),
        credential: Set(kind.name().to_owned()),
        credential_id: Set(id),
        user_id: Set(user.map(|user| user.0)),
        repository_id: Set(repository.map_or(0, |repository| repository.id.0)),
        namespace_id: Set(namespace.map_or(0, |id| id.0)),
        root: Set(root.to_owned()),
        pulls: Set(counts.pulls),
        pushes: Set(counts.pushes),
        deletes: Set(counts.deletes),
        refused_hidden: Set(refused.hidden),
        refused_login_needed: Set(refused.login_needed),
        refused_role_too_low: Set(refused.role_too_low),
        refused_scope_missing: Set(refused.scope_missing),
        refused_outside: Set(refused.outside),
        refused_not_allowed: Set(refused.not_allowed),
        ..Default::default()
    };
    let insert = usage_day::Entity::insert(row);
    let inserted = insert.exec_without_returning(&db.connection).await;
    match inserted.map_err(StorageError::from) {
        Ok(_) => Ok(()),
        Err(error @ StorageError::Taken(_)) => {
            let id = repository.map(|repository| repository.id);
            if add(db, day, id, counts).await? {
                Ok(())
            } else {
                Err(error)
            }
        }
        Err(error) => Err(error),
    }
}

/// The number of rows of a credential's day.
#[tracing::instrument(level = "debug", name = "storage.usage.count", skip_all)]
pub async fn count(db: &Db, day: CredentialDay) -> Result<u64, StorageError> {
    let rows = usage_day::Entity::find().filter(of(day));
    Ok(rows.count(&db.connection).await?)
}

/// The number of rows of an owner's day, with whichever credentials.
#[tracing::instrument(level = "debug", name = "storage.usage.count_of_owner", skip_all)]
pub async fn count_of_owner(
    db: &Db,
    (day, owner): (NaiveDate, &UsageOwner),
) -> Result<u64, StorageError> {
    let backend = db.connection.get_database_backend();
    let of_owner = match owner {
        UsageOwner::User(user) => Condition::all().add(Column::UserId.eq(user.0)),
        UsageOwner::Root(root) => Condition::all()
            .add(Column::Credential.eq(CredentialKind::DeployToken.name()))
            .add(Column::CredentialId.in_subquery(ids_below(root.as_str(), backend))),
    };
    let rows = usage_day::Entity::find()
        .filter(of_owner)
        .filter(Column::Day.eq(begin_of(day)));
    Ok(rows.count(&db.connection).await?)
}

/// Deletes some of the rows of the days before `end`, and returns their number; true if there may be more.
#[tracing::instrument(level = "debug", name = "storage.usage.purge", skip_all)]
pub async fn purge(db: &Db, end: DateTime<Utc>) -> Result<(u64, bool), StorageError> {
    let old = Condition::all().add(Column::Day.lt(begin_of(end.date_naive())));
    let order = [Column::Day, Column::Id];
    delete_oldest::<usage_day::Entity>(db, old, Column::Id, &order).await
}

fn of((day, credential): CredentialDay) -> Condition {
    Condition::all()
        .add(Column::Credential.eq(credential.kind.name()))
        .add(Column::CredentialId.eq(credential.id))
        .add(Column::Day.eq(begin_of(day)))
}

/// The instant at which a day begins, as days are stored.
fn begin_of(day: NaiveDate) -> Instant {
    Instant(day.and_time(NaiveTime::MIN))
}

/// The columns that count, in the order of the counts.
const COUNTS: [Column; 9] = [
    Column::Pulls,
    Column::Pushes,
    Column::Deletes,
    Column::RefusedHidden,
    Column::RefusedLoginNeeded,
    Column::RefusedRoleTooLow,
    Column::RefusedScopeMissing,
    Column::RefusedOutside,
    Column::RefusedNotAllowed,
];

fn columns(counts: UsageCounts) -> [(Column, i64); 9] {
    let refused = counts.refused;
    let numbers = [
        counts.pulls,
        counts.pushes,
        counts.deletes,
        refused.hidden,
        refused.login_needed,
        refused.role_too_low,
        refused.scope_missing,
        refused.outside,
        refused.not_allowed,
    ];
    let mut numbers = numbers.into_iter();
    COUNTS.map(|column| (column, numbers.next().unwrap_or_default()))
}

/// The counts from numbers in the order of the columns.
fn to_counts(
    [
        pulls,
        pushes,
        deletes,
        hidden,
        login_needed,
        role_too_low,
        scope_missing,
        outside,
        not_allowed,
    ]: [i64; 9],
) -> UsageCounts {
    let refused = RefusedCounts {
        hidden,
        login_needed,
        role_too_low,
        scope_missing,
        outside,
        not_allowed,
    };
    UsageCounts {
        pulls,
        pushes,
        deletes,
        refused,
    }
}
