//! Events: the entries of the audit log.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, QuerySelect};

use crate::domain::authority::Actor;
use crate::domain::clock::Clock;
use crate::domain::events::Event;
use crate::domain::events::entity::{EntityKind, EventEntity};
use crate::domain::events::observation::Observation;
use crate::domain::events::origin::Origin;
use crate::domain::events::stored::StoredEvent;
use crate::domain::ids::AuditEventId;
use crate::domain::namespaces::path::root_of;
use crate::storage::changes::recorder::Recorder;
use crate::storage::connections::db::Db;
use crate::storage::entity::event;
use crate::storage::error::StorageError;
use crate::storage::source::Source;

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
    let by = (authority.actor(), authority.origin());
    let row = row(event, by, recorder.instant());
    let row = event::ActiveModel {
        change_number: Set(number),
        ..row
    };
    event::Entity::insert(row)
        .exec_without_returning(recorder.connection())
        .await?;
    Ok(())
}

/// Stores observations, which belong to no change. They have the time at which they are stored, so that ids rise with the times:
/// it is read when nothing has to be waited for any more, like that of a change.
#[tracing::instrument(level = "debug", name = "storage.events.insert_observations", skip_all)]
pub async fn insert_observations(
    db: &Db,
    observations: &[Observation],
    clock: &dyn Clock,
) -> Result<(), StorageError> {
    let transaction = db.begin_transaction(&db.logins).await?;
    let now = clock.now();
    let rows = observations.iter().map(|seen| {
        let row = row(&seen.event, (&seen.author, &seen.origin), now);
        event::ActiveModel {
            change_number: Set(None),
            ..row
        }
    });
    event::Entity::insert_many(rows)
        .exec_without_returning(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// The row of an event, but for its change.
fn row(event: &Event, (actor, origin): (&Actor, &Origin), at: DateTime<Utc>) -> event::ActiveModel {
    let entity = event.entity.as_ref();
    let path = entity.and_then(|entity| entity.path.as_deref());
    let actor_id = match actor {
        Actor::User(id, _) => Some(id.0),
        Actor::Service | Actor::Operator => None,
    };
    event::ActiveModel {
        created_at: Set(at.into()),
        actor: Set(actor.name().to_owned()),
        actor_id: Set(actor_id),
        action: Set(event.action.name().to_owned()),
        subject_kind: Set(Some(event.subject.kind().to_owned())),
        subject_id: Set(Some(event.subject.id())),
        subject_name: Set(event.subject.name().to_owned()),
        entity_kind: Set(entity.map(|entity| entity.kind.name().to_owned())),
        entity_id: Set(entity.map(|entity| entity.id)),
        entity_path: Set(path.map(str::to_owned)),
        entity_root: Set(path.map(|path| root_of(path).to_owned())),
        sentence: Set(event.detail.to_string()),
        detail: Set(Some(event.detail.to_json().to_string())),
        face: Set(Some(origin.face.name().to_owned())),
        address: Set(origin.address.map(|address| address.to_string())),
        request_id: Set(origin.request_id.map(|id| id.to_string())),
        ..Default::default()
    }
}

pub(super) fn to_event(row: event::Model) -> Result<StoredEvent, StorageError> {
    let entity = to_entity(&row);
    let detail = row.detail.as_deref().map(serde_json::from_str).transpose();
    Ok(StoredEvent {
        id: AuditEventId(row.id),
        change_number: row.change_number,
        created_at: row.created_at.into(),
        actor: row.actor,
        actor_id: row.actor_id,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_name: row.subject_name,
        entity,
        sentence: row.sentence,
        detail: detail.map_err(|error| StorageError::unreadable("event", &error))?,
        face: row.face,
        address: row.address,
        request_id: row.request_id,
    })
}

/// The thing that an event belongs to; a kind that a newer version has written is not known.
fn to_entity(row: &event::Model) -> Option<EventEntity> {
    let name = row.entity_kind.as_deref()?;
    let mut all = EntityKind::ALL.into_iter();
    Some(EventEntity {
        kind: all.find(|kind| kind.name() == name)?,
        id: row.entity_id?,
        path: row.entity_path.clone(),
    })
}
