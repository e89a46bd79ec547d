//! The causes of notices, and how far they have been read: the events of changes, and the ends of tokens.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::domain::access_tokens::AccessToken;
use crate::domain::backup::bounds::LARGEST_NUMBER;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::stored::StoredEvent;
use crate::domain::notices::ends::EndWindow;
use crate::storage::changes::counter;
use crate::storage::connections::db::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::{access_token, deploy_token, event, namespace, notice_progress};
use crate::storage::error::StorageError;
use crate::storage::events::to_event;
use crate::storage::notices::{NoticeRecord, insert};
use crate::storage::{access_tokens, deploy_tokens};

/// The id of the only row.
const THIS: i32 = 1;

/// The place up to which causes were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeProgress {
    /// The number of the change of the last event that was read.
    pub change: i64,
    /// The id of that event; a change may have several.
    pub event: i64,
    /// The instant of the last look at the ends of tokens.
    pub ends_looked_at: DateTime<Utc>,
}

/// The progress; the first time it begins with what happens after `now`.
#[tracing::instrument(level = "debug", name = "storage.notices.progress", skip_all)]
pub async fn progress(db: &Db, now: DateTime<Utc>) -> Result<NoticeProgress, StorageError> {
    if let Some(row) = find(db).await? {
        return Ok(row);
    }
    let first = notice_progress::ActiveModel {
        id: Set(THIS),
        change_number: Set(counter::read(&db.connection).await?),
        // Behind all events of that change, and within the bounds of a backup.
        event_id: Set(LARGEST_NUMBER),
        ends_looked_at: Set(now.into()),
    };
    let begun = notice_progress::Entity::insert(first)
        .exec_without_returning(&db.connection)
        .await;
    match begun.map_err(StorageError::from) {
        // Another replica was faster.
        Ok(_) | Err(StorageError::Taken(_)) => {}
        Err(error) => return Err(error),
    }
    find(db).await?.ok_or(StorageError::NoSchema)
}

/// The progress, if it has begun.
#[tracing::instrument(level = "debug", name = "storage.notices.progress.find", skip_all)]
pub async fn find(db: &Db) -> Result<Option<NoticeProgress>, StorageError> {
    let row = notice_progress::Entity::find_by_id(THIS)
        .one(&db.connection)
        .await?;
    Ok(row.map(|row| NoticeProgress {
        change: row.change_number,
        event: row.event_id,
        ends_looked_at: row.ends_looked_at.into(),
    }))
}

/// The next events of changes, in the order of the changes. Their numbers commit in order, so that no event comes later
/// before one that was read; the events of logins have none, and nobody is told of them.
#[tracing::instrument(level = "debug", name = "storage.notices.progress.events", skip_all)]
pub async fn events(
    db: &Db,
    after: &NoticeProgress,
    most: u64,
) -> Result<Vec<StoredEvent>, StorageError> {
    use event::Column;
    let rest = Condition::any()
        .add(Column::ChangeNumber.gt(after.change))
        .add(Column::Id.gt(after.event));
    let rows = event::Entity::find()
        .filter(Column::ChangeNumber.gte(after.change))
        .filter(rest)
        .order_by_asc(Column::ChangeNumber)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(&db.connection)
        .await?;
    rows.into_iter().map(to_event).collect()
}

/// Stores the notices of causes that were read, and with them the progress, or neither; false if another replica has read
/// them meanwhile.
#[tracing::instrument(level = "debug", name = "storage.notices.progress.advance", skip_all)]
pub async fn advance(
    db: &Db,
    (from, to): (&NoticeProgress, &NoticeProgress),
    records: &[NoticeRecord],
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    use notice_progress::Column;
    let transaction = db.connection.begin_to_write().await?;
    let moved = notice_progress::Entity::update_many()
        .col_expr(Column::ChangeNumber, Expr::value(to.change))
        .col_expr(Column::EventId, Expr::value(to.event))
        .col_expr(
            Column::EndsLookedAt,
            Expr::value(Instant::from(to.ends_looked_at)),
        )
        .filter(Column::Id.eq(THIS))
        .filter(Column::ChangeNumber.eq(from.change))
        .filter(Column::EventId.eq(from.event))
        .filter(Column::EndsLookedAt.eq(Instant::from(from.ends_looked_at)))
        .exec(&transaction)
        .await?;
    if moved.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    for record in records {
        insert(&transaction, record, now).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// The condition that a token's end is in the window, and after the one that was read last.
fn ends_in(
    window: &EndWindow,
    after: Option<(DateTime<Utc>, i64)>,
    (end, id): (impl ColumnTrait, impl ColumnTrait),
) -> Condition {
    let at = |instant: DateTime<Utc>| Instant::from(instant);
    let rest = after.map(|(instant, last)| {
        let later = Condition::any().add(end.gt(at(instant))).add(id.gt(last));
        Condition::all().add(end.gte(at(instant))).add(later)
    });
    Condition::all()
        .add(end.gt(at(window.after)))
        .add(end.lte(at(window.until)))
        .add_option(rest)
}

/// Personal access tokens that end in the window, by their ends; those that were revoked or replaced are left out.
#[tracing::instrument(level = "debug", name = "storage.notices.progress.ending", skip_all)]
pub async fn ending(
    db: &Db,
    window: &EndWindow,
    after: Option<(DateTime<Utc>, i64)>,
    most: u64,
) -> Result<Vec<AccessToken>, StorageError> {
    use access_token::Column;
    let rows = access_token::Entity::find()
        .filter(ends_in(window, after, (Column::ExpiresAt, Column::Id)))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::GraceUntil.is_null())
        .order_by_asc(Column::ExpiresAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(&db.connection)
        .await?;
    rows.iter().map(access_tokens::to_token).collect()
}

/// Deploy tokens that end in the window, by their ends; those that were revoked are left out.
#[tracing::instrument(
    level = "debug",
    name = "storage.notices.progress.ending_deploy_tokens",
    skip_all
)]
pub async fn ending_deploy_tokens(
    db: &Db,
    window: &EndWindow,
    after: Option<(DateTime<Utc>, i64)>,
    most: u64,
) -> Result<Vec<DeployToken>, StorageError> {
    use deploy_token::Column;
    let rows = deploy_token::Entity::find()
        .filter(ends_in(window, after, (Column::ExpiresAt, Column::Id)))
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::ExpiresAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .find_also_related(namespace::Entity)
        .all(&db.connection)
        .await?;
    let with_namespace = rows.iter().filter_map(|(token, namespace)| {
        let namespace = namespace.as_ref()?;
        Some(deploy_tokens::to_token(token, namespace))
    });
    with_namespace.collect()
}
