//! Notices that are due, and the outcomes of attempts to send them.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, UpdateMany,
};

use crate::domain::namespaces::path::root_of;
use crate::domain::notices::Holder;
use crate::domain::notices::outbox::{Channel, DeliveryOutcome, NoticeState, OutboxNotice};
use crate::storage::connections::db::Db;
use crate::storage::deploy_tokens::ids_below;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::notice::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::notices::to_notice;

/// The most characters of a reason that are kept.
const LONGEST_REASON: usize = 200;

/// The instants that say which notices are due.
#[derive(Debug, Clone, Copy)]
pub struct DueWindow {
    /// Those that were made before are too old to be sent.
    pub made_since: DateTime<Utc>,
    /// Those whose next attempt is then or before are due.
    pub until: DateTime<Utc>,
    /// So are those whose next attempt is after that: a wrong clock chose it.
    pub beyond: DateTime<Utc>,
}

/// The first notices of a channel that are due.
#[tracing::instrument(level = "debug", name = "storage.notices.delivery.due", skip_all)]
pub async fn due(
    db: &Db,
    channel: Channel,
    window: DueWindow,
    most: u64,
) -> Result<Vec<OutboxNotice>, StorageError> {
    let is_due = Condition::any()
        .add(Column::NextAttemptAt.lte(Instant::from(window.until)))
        .add(Column::NextAttemptAt.gt(Instant::from(window.beyond)));
    let rows = notice::Entity::find()
        .filter(Column::State.eq(NoticeState::Pending.name()))
        .filter(Column::Channel.eq(channel.name()))
        .filter(Column::CreatedAt.gte(Instant::from(window.made_since)))
        .filter(is_due)
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(&db.connection)
        .await?;
    rows.into_iter().map(to_notice).collect()
}

/// The number of notices of the kind of `due`, about tokens of the same holder, that its channel has delivered
/// between two instants. Deploy tokens of all that is below one group at the top, or in one user's namespace, have the same.
#[tracing::instrument(level = "debug", name = "storage.notices.delivery.delivered_like", skip_all, fields(id = %due.id))]
pub async fn delivered_like(
    db: &Db,
    (due, holder): (&OutboxNotice, &Holder),
    channel: Channel,
    within: RangeInclusive<DateTime<Utc>>,
) -> Result<u64, StorageError> {
    let backend = db.connection.get_database_backend();
    let held = match holder {
        Holder::User { id, .. } => Condition::all().add(Column::UserId.eq(id.0)),
        Holder::Namespace { path } => Condition::all()
            .add(Column::UserId.is_null())
            .add(Column::TokenId.in_subquery(ids_below(root_of(path), backend))),
    };
    let delivered = notice::Entity::find()
        .filter(held)
        .filter(Column::Kind.eq(due.kind.as_str()))
        .filter(Column::FinishedAt.gt(Instant::from(*within.start())))
        .filter(Column::FinishedAt.lte(Instant::from(*within.end())))
        .filter(Column::Channel.eq(channel.name()))
        .filter(Column::State.eq(NoticeState::Delivered.name()));
    Ok(delivered.count(&db.connection).await?)
}

/// Takes a notice for an attempt that is over before `until`; false if another sender has it. If the attempt has no
/// outcome by then, the notice is due again.
#[tracing::instrument(level = "debug", name = "storage.notices.delivery.claim", skip_all, fields(id = %due.id))]
pub async fn claim(
    db: &Db,
    due: &OutboxNotice,
    until: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let claimed = attempt(due, due.attempts)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(
            Column::NextAttemptAt,
            Expr::value(Some(Instant::from(until))),
        )
        .exec(&db.connection)
        .await?;
    Ok(claimed.rows_affected > 0)
}

/// Writes down the outcome of the attempt for which `due` was claimed; false if another attempt has begun since, whose outcome counts.
#[tracing::instrument(level = "debug", name = "storage.notices.delivery.settle", skip_all, fields(id = %due.id))]
pub async fn settle(
    db: &Db,
    due: &OutboxNotice,
    outcome: &DeliveryOutcome,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let (state, next, why) = match outcome {
        DeliveryOutcome::Delivered => (NoticeState::Delivered, None, None),
        DeliveryOutcome::Again(at, why) => (NoticeState::Pending, Some(*at), Some(why)),
        DeliveryOutcome::Failed(why) => (NoticeState::Failed, None, Some(why)),
        DeliveryOutcome::Dropped(why) => (NoticeState::Dropped, None, Some(why)),
    };
    let finished = next.is_none().then_some(Instant::from(now));
    let why: Option<String> = why.map(|why| why.chars().take(LONGEST_REASON).collect());
    let settled = attempt(due, due.attempts.saturating_add(1))
        .col_expr(Column::State, Expr::value(state.name()))
        .col_expr(Column::LastError, Expr::value(why))
        .col_expr(Column::NextAttemptAt, Expr::value(next.map(Instant::from)))
        .col_expr(Column::FinishedAt, Expr::value(finished))
        .exec(&db.connection)
        .await?;
    Ok(settled.rows_affected > 0)
}

/// A change to a notice that is still pending, and after just so many attempts.
fn attempt(due: &OutboxNotice, attempts: u32) -> UpdateMany<notice::Entity> {
    notice::Entity::update_many()
        .filter(Column::Id.eq(due.id.0))
        .filter(Column::State.eq(NoticeState::Pending.name()))
        .filter(Column::Attempts.eq(i64::from(attempts)))
}
