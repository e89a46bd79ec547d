//! Events of the audit log in JSON, as GitLab has them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::events::stored::StoredEvent;
use crate::representation::instant;

/// An event of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventView {
    id: i64,
    /// The user who made the change; null for the command line and the service itself.
    author_id: Option<i64>,
    /// The id of the user, group or project that it belongs to; null if that is not known.
    entity_id: Option<i64>,
    /// `User`, `Group` or `Project`; null if it is not known.
    entity_type: Option<&'static str>,
    /// The kind of change, such as `access_token.created`.
    event_name: String,
    details: AuditDetailsView,
    #[schema(format = DateTime)]
    created_at: String,
}

/// The details of an event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AuditDetails)]
struct AuditDetailsView {
    /// The user name of the author; `(operator)` for the command line, `(service)` for the service itself.
    author_name: String,
    /// The id of the thing that was changed.
    target_id: Option<i64>,
    /// `User`, `Group`, `Project`, `Member`, `PersonalAccessToken`, `DeployToken` or `RefreshToken`; a member's id is
    /// that of the group or project.
    target_type: Option<String>,
    /// The name that the thing had.
    target_details: String,
    /// A sentence for people.
    custom_message: String,
    /// The client's address.
    ip_address: Option<String>,
    /// The path of the group or project, or the user name.
    entity_path: Option<String>,
    /// The kind of change once more; ours.
    action: String,
    /// The surface that took the request: `api`, `registry`, `command_line` or `service`; ours.
    face: Option<String>,
    /// The request's id, as in the log and in `X-Request-Id`; ours.
    request_id: Option<String>,
    /// The number of the change; null for a login; ours.
    change_number: Option<i64>,
    /// The values of the change, as an object; `changes` in it lists fields with the values before and after (`field`,
    /// `from`, `to`); ours.
    #[schema(value_type = Option<Object>)]
    values: Option<Value>,
}

impl AuditEventView {
    /// The event, with nothing left out.
    pub fn new(event: &StoredEvent) -> Self {
        let entity = event.entity.as_ref();
        let entity_type = entity.map(|entity| entity.kind.title());
        Self {
            id: event.id.0,
            author_id: event.actor_id,
            entity_id: entity.map(|entity| entity.id),
            entity_type,
            event_name: event.action.clone(),
            details: AuditDetailsView {
                author_name: event.actor.clone(),
                target_id: event.subject_id,
                target_type: event
                    .subject_kind
                    .as_deref()
                    .map(|kind| target_type(kind, entity_type)),
                target_details: event.subject_name.clone(),
                custom_message: event.sentence.clone(),
                ip_address: event.address.clone(),
                entity_path: entity.and_then(|entity| entity.path.clone()),
                action: event.action.clone(),
                face: event.face.clone(),
                request_id: event.request_id.clone(),
                change_number: event.change_number,
                values: event.detail.clone(),
            },
            created_at: instant(event.created_at),
        }
    }
}

/// The kind of a subject in GitLab's words; a kind that is not known stays as it is.
fn target_type(kind: &str, entity: Option<&'static str>) -> String {
    let word = match kind {
        "user" => "User",
        "namespace" => entity.unwrap_or("Namespace"),
        "member" => "Member",
        "access_token" => "PersonalAccessToken",
        "deploy_token" => "DeployToken",
        "refresh_token" => "RefreshToken",
        other => other,
    };
    word.to_owned()
}
