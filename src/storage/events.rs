//! Events: the entries of the audit log.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, QuerySelect};
use serde_json::Value;

use crate::domain::events::Event;
use crate::storage::entity::event;
use crate::storage::error::StorageError;
use crate::storage::recorder::Recorder;
use crate::storage::source::Source;

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The number of the change; none for a login.
    pub change_number: Option<i64>,
    /// The instant of the change.
    pub created_at: DateTime<Utc>,
    /// The caller's name.
    pub actor: String,
    /// The caller's id, if it was a user; none in rows of the first version.
    pub actor_id: Option<i64>,
    /// The kind of change, such as `user.created`.
    pub action: String,
    /// The kind of thing that was changed, such as `user`; none in rows of the first version.
    pub subject_kind: Option<String>,
    /// The id of the thing; none in rows of the first version.
    pub subject_id: Option<i64>,
    /// The name that the thing had; in rows of the first version the id, if it was a token.
    pub subject_name: String,
    /// The details, for people.
    pub sentence: String,
    /// The details, for programs; none in rows of the first version.
    pub detail: Option<Value>,
    /// The surface that took the request; none in rows of the first version.
    pub face: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// The last events, the last one first.
#[tracing::instrument(level = "debug", name = "storage.events.last", skip_all)]
pub async fn last(source: &impl Source, limit: u64) -> Result<Vec<StoredEvent>, StorageError> {
    let rows = event::Entity::find()
        .order_by_desc(event::Column::Id)
        .limit(limit)
        .all(source.connection())
        .await?;
    rows.into_iter().map(to_event).collect()
}

/// Stores an event of the change with that number, or of a login.
pub(super) async fn insert(
    recorder: &impl Recorder,
    number: Option<i64>,
    event: &Event,
) -> Result<(), StorageError> {
    let authority = recorder.caller();
    let origin = authority.origin();
    let row = event::ActiveModel {
        change_number: Set(number),
        created_at: Set(recorder.instant().into()),
        actor: Set(authority.actor().name().to_owned()),
        actor_id: Set(authority.user().map(|id| id.0)),
        action: Set(event.action.name().to_owned()),
        subject_kind: Set(Some(event.subject.kind().to_owned())),
        subject_id: Set(Some(event.subject.id())),
        subject_name: Set(event.subject.name().to_owned()),
        sentence: Set(event.detail.to_string()),
        detail: Set(Some(event.detail.to_json().to_string())),
        face: Set(Some(origin.face.name().to_owned())),
        address: Set(origin.address.map(|address| address.to_string())),
        request_id: Set(origin.request_id.map(|id| id.to_string())),
        ..Default::default()
    };
    event::Entity::insert(row)
        .exec_without_returning(recorder.connection())
        .await?;
    Ok(())
}

fn to_event(row: event::Model) -> Result<StoredEvent, StorageError> {
    let detail = row.detail.as_deref().map(serde_json::from_str).transpose();
    Ok(StoredEvent {
        change_number: row.change_number,
        created_at: row.created_at.into(),
        actor: row.actor,
        actor_id: row.actor_id,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_name: row.subject_name,
        sentence: row.sentence,
        detail: detail.map_err(|error| StorageError::unreadable("event", &error))?,
        face: row.face,
        address: row.address,
        request_id: row.request_id,
    })
}
