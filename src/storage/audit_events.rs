//! The audit log, for those who read it, and its end.
//!
//! Its order is that of the instants, and of the ids within one second: each index ends with these two columns, so that a
//! list of any time reads no other rows than its own.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::events::filter::{EventAuthor, EventFilter, EventPlace};
use crate::domain::events::stored::StoredEvent;
use crate::domain::ids::{AuditEventId, UserId};
use crate::domain::namespaces::path::{NamespacePath, root_of};
use crate::domain::page::{KeysetRequest, Listing, Paging};
use crate::storage::connections::db::Db;
use crate::storage::entity::event::{self, Column};
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;
use crate::storage::events::to_event;
use crate::storage::lists::oldest::delete_oldest;
use crate::storage::lists::page::{begins_with, between, listing_of, slice_from};
use crate::storage::source::Source;

/// A part of the events that `filter` lets through; pages are newest first if `descending`.
#[tracing::instrument(level = "debug", name = "storage.audit_events.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: &EventFilter,
    descending: bool,
    paging: Paging,
) -> Result<Listing<StoredEvent>, StorageError> {
    let query = event::Entity::find().filter(condition(filter));
    let id_of = |row: &event::Model| row.id;
    let rows = match paging {
        Paging::Offset(_) => {
            let query = query.filter(between(Column::Id, filter.ids));
            let sort = |query| ordered(query, descending);
            listing_of(source, query, sort, (Column::Id, id_of), paging).await?
        }
        Paging::Keyset(request) => {
            let query = query
                .filter(between(Column::Id, filter.ids.behind(request)))
                .filter(rest_after(source, request).await?);
            let query = ordered(query, request.descending);
            slice_from(source, query, id_of, request).await?
        }
    };
    rows.try_map(to_event)
}

/// The event with that id, if `filter` lets it through.
#[tracing::instrument(level = "debug", name = "storage.audit_events.find", skip_all, fields(id = %id))]
pub async fn find(
    source: &impl Source,
    filter: &EventFilter,
    id: AuditEventId,
) -> Result<Option<StoredEvent>, StorageError> {
    let found = event::Entity::find_by_id(id.0).filter(condition(filter));
    let row = found.one(source.connection()).await?;
    row.map(to_event).transpose()
}

/// The deleted user who had that name; the last of them, if it was given again. Deletions of users are few: the events of a group that
/// has the name now may be very many, and perhaps none of them is about a user.
#[tracing::instrument(
    level = "debug",
    name = "storage.audit_events.user_once_named",
    skip_all
)]
pub async fn user_once_named(
    source: &impl Source,
    name: &NamespacePath,
) -> Result<Option<UserId>, StorageError> {
    let named = event::Entity::find()
        .select_only()
        .column(Column::EntityId)
        .filter(Column::Action.eq(EventAction::UserDeleted.name()))
        .filter(Column::EntityPath.eq(name.as_str()));
    let last = ordered(named, true).into_tuple().one(source.connection());
    let id: Option<i64> = last.await?;
    Ok(id.map(UserId))
}

/// Deletes some of the events from before `end`, the oldest first, and returns their number; true if there may be more.
///
/// No change waits for it longer than for another change: the rows are few, and no change reads them.
#[tracing::instrument(level = "debug", name = "storage.audit_events.purge", skip_all)]
pub async fn purge(db: &Db, end: DateTime<Utc>) -> Result<(u64, bool), StorageError> {
    let old = Condition::all().add(Column::CreatedAt.lt(Instant::from(end)));
    let order = [Column::CreatedAt, Column::Id];
    delete_oldest::<event::Entity>(db, old, Column::Id, &order).await
}

fn ordered(query: Select<event::Entity>, descending: bool) -> Select<event::Entity> {
    let order = || {
        if descending { Order::Desc } else { Order::Asc }
    };
    query
        .order_by(Column::CreatedAt, order())
        .order_by(Column::Id, order())
}

/// The condition that an event comes after the one that `request` names, in the order of the log: ids alone would lead to no range of
/// the indexes, and an event that a slow clock wrote would be left out of every slice. If that one was deleted, the place is that of
/// the event whose id is nearest; there is none beyond the ends of the log.
async fn rest_after(
    source: &impl Source,
    request: KeysetRequest,
) -> Result<Condition, StorageError> {
    let Some(id) = request.after else {
        return Ok(Condition::all());
    };
    let (ids, order) = if request.descending {
        (Column::Id.gte(id), Order::Asc)
    } else {
        (Column::Id.lte(id), Order::Desc)
    };
    let place: Option<(Instant, i64)> = event::Entity::find()
        .select_only()
        .columns([Column::CreatedAt, Column::Id])
        .filter(ids)
        .order_by(Column::Id, order)
        .into_tuple()
        .one(source.connection())
        .await?;
    // The first condition of each says nothing new, but databases see a range of an index in it.
    let rest = place.map(|(at, id)| {
        if request.descending {
            let earlier = Column::CreatedAt.lt(at).or(Column::Id.lt(id));
            Column::CreatedAt.lte(at).and(earlier)
        } else {
            let later = Column::CreatedAt.gt(at).or(Column::Id.gt(id));
            Column::CreatedAt.gte(at).and(later)
        }
    });
    Ok(Condition::all().add_option(rest))
}

fn condition(filter: &EventFilter) -> Condition {
    let at = |instant: DateTime<Utc>| Instant::from(instant);
    let kind = filter.entity_kind;
    Condition::all()
        .add_option(filter.place.as_ref().map(place))
        .add_option(kind.map(|kind| Column::EntityKind.eq(kind.name())))
        .add_option(filter.entity_id.map(|id| Column::EntityId.eq(id)))
        .add_option(filter.author.as_ref().map(|author| match author {
            EventAuthor::Id(id) => Column::ActorId.eq(id.0),
            EventAuthor::Name(name) => Column::Actor.eq(name.as_str()),
        }))
        .add_option(filter.action.map(|action| Column::Action.eq(action.name())))
        .add_option(
            filter
                .created_after
                .map(|after| Column::CreatedAt.gte(at(after))),
        )
        .add_option(
            filter
                .created_before
                .map(|before| Column::CreatedAt.lte(at(before))),
        )
}

fn place(place: &EventPlace) -> Condition {
    match place {
        EventPlace::One(kind, id) => one(*kind, *id),
        EventPlace::Below(path) => {
            at_or_below(path).add(Column::EntityKind.ne(EntityKind::User.name()))
        }
        EventPlace::Named(path, user) => {
            let user = user.map(|id| one(EntityKind::User, id.0));
            Condition::any().add(at_or_below(path)).add_option(user)
        }
    }
}

fn one(kind: EntityKind, id: i64) -> Condition {
    Condition::all()
        .add(Column::EntityKind.eq(kind.name()))
        .add(Column::EntityId.eq(id))
}

/// The condition that an event belongs to what has that path or is below it. The first part of the path leads to all
/// events of the group at the top, among which those of a group below are.
fn at_or_below(path: &NamespacePath) -> Condition {
    let path = path.as_str();
    let root = root_of(path);
    let below = (root != path).then(|| {
        Condition::any()
            .add(Column::EntityPath.eq(path))
            .add(begins_with(Column::EntityPath, &format!("{path}/")))
    });
    Condition::all()
        .add(Column::EntityRoot.eq(root))
        .add_option(below)
}
