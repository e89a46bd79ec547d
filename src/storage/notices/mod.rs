//! Notices: the outbox, with a row for each notice and channel.
//!
//! Notices change nobody's rights, so they are written without an event and a change number.

pub mod delivery;
pub mod progress;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, Days, NaiveTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::domain::ids::{NoticeId, UserId};
use crate::domain::notices::TokenNotice;
use crate::domain::notices::outbox::{Channel, NoticeFilter, NoticeState, OutboxNotice};
use crate::domain::page::{Listing, Paging};
use crate::storage::connections::db::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::notice::{self, Column};
use crate::storage::error::StorageError;
use crate::storage::lists::oldest::delete_oldest;
use crate::storage::lists::page::{between, listing_of};
use crate::storage::source::{AT_A_TIME, Source};

/// A notice that is to be stored for one channel.
#[derive(Debug, Clone)]
pub struct NoticeRecord {
    /// The text that names its cause and its channel: there is one notice for each.
    pub cause: String,
    /// The id that the other side will see.
    pub message_id: String,
    /// The channel.
    pub channel: Channel,
    /// The notice.
    pub notice: TokenNotice,
}

/// The numbers of notices in three states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeCounts {
    /// Those that wait to be sent.
    pub pending: u64,
    /// Those that were given up and are not deleted yet.
    pub failed: u64,
    /// Those that were not wanted any more or too many, and are not deleted yet.
    pub dropped: u64,
}

/// The number of notices in the states that somebody counts.
#[tracing::instrument(level = "debug", name = "storage.notices.count", skip_all)]
pub async fn count(db: &Db) -> Result<NoticeCounts, StorageError> {
    let of = async |state: NoticeState| {
        let found = notice::Entity::find().filter(Column::State.eq(state.name()));
        found.count(&db.connection).await
    };
    Ok(NoticeCounts {
        pending: of(NoticeState::Pending).await?,
        failed: of(NoticeState::Failed).await?,
        dropped: of(NoticeState::Dropped).await?,
    })
}

/// The number of notices that wait on a channel.
#[tracing::instrument(level = "debug", name = "storage.notices.pending", skip_all)]
pub async fn pending(db: &Db, channel: Channel) -> Result<u64, StorageError> {
    let found = notice::Entity::find()
        .filter(Column::State.eq(NoticeState::Pending.name()))
        .filter(Column::Channel.eq(channel.name()));
    Ok(found.count(&db.connection).await?)
}

/// Makes the notices due whose next attempt is after `beyond`: a clock that was ahead chose it.
#[tracing::instrument(level = "debug", name = "storage.notices.make_due", skip_all)]
pub async fn make_due(
    db: &Db,
    beyond: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let late = notice::Entity::update_many()
        .col_expr(Column::NextAttemptAt, Expr::value(Instant::from(now)))
        .filter(Column::State.eq(NoticeState::Pending.name()))
        .filter(Column::NextAttemptAt.gt(Instant::from(beyond)));
    late.exec(&db.connection).await?;
    Ok(())
}

/// Gives up notices that have waited since before `before`, also those of channels that nobody sends on any more. One that was made
/// after `ahead` has waited since it was due: whoever sends it moves that on.
///
/// All are of one day for each of the two, the oldest: by a clock that is years ahead all that waits is too old.
#[tracing::instrument(level = "debug", name = "storage.notices.give_up", skip_all)]
pub async fn give_up(
    db: &Db,
    (before, ahead): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let from_ahead = Condition::all().add(Column::CreatedAt.gt(Instant::from(ahead)));
    let mut given_up: u64 = 0;
    for (sort, since) in [
        (Condition::all(), Column::CreatedAt),
        (from_ahead, Column::NextAttemptAt),
    ] {
        let waited = sort
            .add(Column::State.eq(NoticeState::Pending.name()))
            .add(since.lt(Instant::from(before)));
        let of_a_day = give_up_oldest_day(db, (waited, since), now).await?;
        given_up = given_up.saturating_add(of_a_day);
    }
    Ok(given_up)
}

/// Gives up those of the notices that have waited since the day of the oldest.
async fn give_up_oldest_day(
    db: &Db,
    (waited, since): (Condition, Column),
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let oldest = notice::Entity::find()
        .select_only()
        .column(since)
        .filter(waited.clone())
        .order_by_asc(since)
        .limit(1)
        .into_tuple();
    let oldest: Option<Instant> = oldest.one(&db.connection).await?;
    let next_day = oldest.and_then(|Instant(oldest)| oldest.date().checked_add_days(Days::new(1)));
    let Some(next_day) = next_day else {
        return Ok(0);
    };
    let end = Instant(next_day.and_time(NaiveTime::MIN));
    let given_up = notice::Entity::update_many()
        .col_expr(Column::State, Expr::value(NoticeState::Failed.name()))
        .col_expr(Column::LastError, Expr::value("nobody sent it in time"))
        .col_expr(Column::NextAttemptAt, Expr::value(None::<Instant>))
        .col_expr(Column::FinishedAt, Expr::value(Instant::from(now)))
        .filter(waited)
        .filter(since.lt(end));
    Ok(given_up.exec(&db.connection).await?.rows_affected)
}

/// A part of the notices that `filter` lets through, by id.
#[tracing::instrument(level = "debug", name = "storage.notices.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: NoticeFilter,
    (descending, paging): (bool, Paging),
) -> Result<Listing<OutboxNotice>, StorageError> {
    let state = filter.state.map(|state| Column::State.eq(state.name()));
    let wanted = between(Column::Id, filter.ids).add_option(state);
    let query = notice::Entity::find().filter(wanted);
    let sort = |query: Select<notice::Entity>| {
        if descending {
            query.order_by_desc(Column::Id)
        } else {
            query.order_by_asc(Column::Id)
        }
    };
    let id = (Column::Id, |row: &notice::Model| row.id);
    let rows = listing_of(source, query, sort, id, paging).await?;
    rows.try_map(to_notice)
}

/// The number of notices of that kind about one token between two instants.
#[tracing::instrument(level = "debug", name = "storage.notices.count_about", skip_all)]
pub async fn count_about(
    db: &Db,
    (kind, token): (&str, i64),
    within: RangeInclusive<DateTime<Utc>>,
) -> Result<u64, StorageError> {
    let found = notice::Entity::find()
        .filter(Column::TokenId.eq(token))
        .filter(Column::Kind.eq(kind))
        .filter(Column::CreatedAt.gt(Instant::from(*within.start())))
        .filter(Column::CreatedAt.lte(Instant::from(*within.end())));
    Ok(found.count(&db.connection).await?)
}

/// Those of these causes of which there are notices.
#[tracing::instrument(level = "debug", name = "storage.notices.known_causes", skip_all)]
pub async fn known_causes(
    source: &impl Source,
    causes: impl IntoIterator<Item = &str>,
) -> Result<BTreeSet<String>, StorageError> {
    let causes: Vec<&str> = causes.into_iter().collect();
    let mut known = BTreeSet::new();
    for some in causes.chunks(AT_A_TIME) {
        let rows = notice::Entity::find()
            .select_only()
            .column(Column::Cause)
            .filter(Column::Cause.is_in(some.iter().copied()))
            .into_tuple();
        let found: Vec<String> = rows.all(source.connection()).await?;
        known.extend(found);
    }
    Ok(known)
}

/// Stores a notice, unless there is one with that cause: another replica may be faster.
pub(super) async fn insert(
    source: &impl Source,
    record: &NoticeRecord,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let content = serde_json::to_string(&record.notice)
        .map_err(|error| StorageError::unreadable("notice", &error))?;
    let row = notice::ActiveModel {
        cause: Set(record.cause.clone()),
        message_id: Set(record.message_id.clone()),
        kind: Set(record.notice.kind()),
        channel: Set(record.channel.name().to_owned()),
        token_id: Set(record.notice.token.id),
        user_id: Set(record.notice.owner().map(|owner| owner.0)),
        content: Set(content),
        state: Set(NoticeState::Pending.name().to_owned()),
        attempts: Set(0),
        created_at: Set(now.into()),
        next_attempt_at: Set(Some(now.into())),
        ..Default::default()
    };
    let known = OnConflict::column(Column::Cause)
        .update_column(Column::Cause)
        .to_owned();
    notice::Entity::insert(row)
        .on_conflict(known)
        .exec_without_returning(source.connection())
        .await?;
    Ok(())
}

/// Stores notices, each unless there is one with that cause: all, or none if one cannot be stored.
#[tracing::instrument(level = "debug", name = "storage.notices.add", skip_all)]
pub async fn add(
    db: &Db,
    records: &[NoticeRecord],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    if records.is_empty() {
        return Ok(());
    }
    let transaction = db.connection.begin_to_write().await?;
    for record in records {
        insert(&transaction, record, now).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The most notices that are deleted at once because there are too many.
const PURGED_AT_ONCE: u64 = 1000;

/// Deletes some of the finished notices, the oldest first, and returns their number; true if there may be more. They are those
/// above `most`, at most a thousand, or if there are none of these, those that were finished before `end`.
///
/// Notices of ends that were made since the last look at ends which came to its end are not among these, and stay until they are old: the
/// next look would make them anew.
#[tracing::instrument(level = "debug", name = "storage.notices.purge", skip_all)]
pub async fn purge(
    db: &Db,
    end: DateTime<Utc>,
    (most, looked_at): (u64, DateTime<Utc>),
) -> Result<(u64, bool), StorageError> {
    let is_needed_no_more = Condition::any()
        .add(Column::CreatedAt.lt(Instant::from(looked_at)))
        .add(Column::Kind.is_not_in(TokenNotice::kinds_of_ends()));
    let finished = notice::Entity::find()
        .filter(Column::FinishedAt.is_not_null())
        .filter(is_needed_no_more);
    let number = finished.clone().count(&db.connection).await?;
    let too_many = number.saturating_sub(most).min(PURGED_AT_ONCE);
    let order = [Column::FinishedAt, Column::Id];
    if too_many == 0 {
        let old = Condition::all().add(Column::FinishedAt.lt(Instant::from(end)));
        return delete_oldest::<notice::Entity>(db, old, Column::Id, &order).await;
    }
    let oldest: Vec<i64> = finished
        .select_only()
        .column(Column::Id)
        .order_by_asc(Column::FinishedAt)
        .order_by_asc(Column::Id)
        .limit(too_many)
        .into_tuple()
        .all(&db.connection)
        .await?;
    let deleted = notice::Entity::delete_many().filter(Column::Id.is_in(oldest));
    let number = deleted.exec(&db.connection).await?.rows_affected;
    Ok((number, number >= PURGED_AT_ONCE))
}

/// The notice of a row. One that a newer version wrote is there too, but without its content.
fn to_notice(row: notice::Model) -> Result<OutboxNotice, StorageError> {
    let unreadable = |error: &dyn std::error::Error| {
        StorageError::unreadable("notice", &format!("{}: {error}", row.id))
    };
    let mut channels = Channel::ALL.into_iter();
    Ok(OutboxNotice {
        id: NoticeId(row.id),
        channel: channels.find(|channel| channel.name() == row.channel),
        state: NoticeState::try_from(row.state.as_str()).map_err(|error| unreadable(&error))?,
        attempts: u32::try_from(row.attempts).map_err(|error| unreadable(&error))?,
        notice: serde_json::from_str(&row.content).ok(),
        message_id: row.message_id,
        kind: row.kind,
        token_id: row.token_id,
        user_id: row.user_id.map(UserId),
        last_error: row.last_error,
        created_at: row.created_at.into(),
        next_attempt_at: row.next_attempt_at.map(Into::into),
        finished_at: row.finished_at.map(Into::into),
    })
}
