//! The signing keys that services on this database have.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::live_keys::LiveKey;
use crate::storage::connections::db::Db;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::live_key;
use crate::storage::error::StorageError;

/// The time after which the note of a key that nobody has any more is deleted.
const KEPT: TimeDelta = TimeDelta::days(1);
/// The most notes that are read: far more than the keys of several services.
const MOST: u64 = 1000;

/// Notes at `now` that this service has these keys, by id, and deletes old notes.
#[tracing::instrument(level = "debug", name = "storage.live_keys.note", skip_all)]
pub async fn note(db: &Db, own: &BTreeSet<String>, now: DateTime<Utc>) -> Result<(), StorageError> {
    // In the order of their ids, so that services which note the same keys wait for one another at the first.
    let rows = own.iter().map(|kid| live_key::ActiveModel {
        kid: Set(kid.clone()),
        noted_at: Set(now.into()),
    });
    let again = OnConflict::column(live_key::Column::Kid)
        .update_column(live_key::Column::NotedAt)
        .to_owned();
    live_key::Entity::insert_many(rows)
        .on_conflict(again)
        .exec_without_returning(&db.connection)
        .await?;
    live_key::Entity::delete_many()
        .filter(live_key::Column::NotedAt.lt(Instant::from(now - KEPT)))
        .exec(&db.connection)
        .await?;
    Ok(())
}

/// The keys that services have noted; of very many, the last.
#[tracing::instrument(level = "debug", name = "storage.live_keys.noted", skip_all)]
pub async fn noted(db: &Db) -> Result<Vec<LiveKey>, StorageError> {
    let rows = live_key::Entity::find()
        .order_by_desc(live_key::Column::NotedAt)
        .limit(MOST)
        .all(&db.connection)
        .await?;
    let keys = rows.into_iter().map(|row| LiveKey {
        kid: row.kid,
        noted_at: row.noted_at.into(),
    });
    Ok(keys.collect())
}
