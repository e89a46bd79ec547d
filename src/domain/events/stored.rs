//! Events as the audit log has them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::events::entity::EventEntity;
use crate::domain::ids::AuditEventId;

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its id; of two changes, the later one has the higher.
    pub id: AuditEventId,
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
    /// The user, group or project that it belongs to; none if that is not known.
    pub entity: Option<EventEntity>,
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
