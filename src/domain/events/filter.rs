//! Filters of lists of events.

use chrono::{DateTime, Utc};

use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::ids::UserId;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::page::IdBounds;

/// Leaves only some events; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// The place that they belong to.
    pub place: Option<EventPlace>,
    /// The kind of thing that they belong to.
    pub entity_kind: Option<EntityKind>,
    /// The id of the thing that they belong to, among those of its kind.
    pub entity_id: Option<i64>,
    /// The one who made the changes.
    pub author: Option<EventAuthor>,
    /// The kind of change.
    pub action: Option<EventAction>,
    /// The instant from which on they count.
    pub created_after: Option<DateTime<Utc>>,
    /// The last instant at which they count.
    pub created_before: Option<DateTime<Utc>>,
    /// Only those whose ids are within these.
    pub ids: IdBounds,
}

/// A place that events belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventPlace {
    /// One user, group or project, without what is below it.
    One(EntityKind, i64),
    /// A group, with everything below it.
    Below(NamespacePath),
    /// Everything that has or had that name: a group or project with what is below it, and a user who was deleted, whose tokens and
    /// sessions have the id alone.
    Named(NamespacePath, Option<UserId>),
}

/// The one who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventAuthor {
    /// A user, by id.
    Id(UserId),
    /// A user, the operator or the service, by the name that the audit log has.
    Name(String),
}

impl EventAuthor {
    /// The author with that name, in any letter case.
    pub fn named(name: &str) -> Self {
        Self::Name(name.to_lowercase())
    }
}
