//! `/audit_events`, of all and of a group or project: who changed what, when and from where.

mod input;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::Need;
use crate::domain::ids::AuditEventId;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::http::admin::audit_events::input::ListAuditEvents;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::parameters::invalid;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::AuditEventView;

/// All routes of this noun below a group or project.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// All events, newest first; administrators only.
#[utoipa::path(get, path = "/audit_events", tag = "audit_events",
    params(ListAuditEvents, PartInput, PageInput),
    responses((status = 200, body = Vec<AuditEventView>)))]
pub(super) async fn list_everywhere(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(&admin, &call, None).await
}

/// One event; administrators only.
#[utoipa::path(get, path = "/audit_events/{event_id}", tag = "audit_events",
    params(("event_id" = i64, Path)), responses((status = 200, body = AuditEventView)))]
pub(super) async fn get_anywhere(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<AuditEventView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let event = admin.desk.audit_event(&authority, None, event_id(&id)?);
    Ok(Json(AuditEventView::new(&event.await?)))
}

/// The events of a group with everything below it, or of a project, newest first; for Owners, since it was made.
#[utoipa::path(get, path = "/audit_events", tag = "audit_events",
    params(("id" = String, Path, description = "id or URL-encoded path"), ListAuditEvents, PartInput, PageInput),
    responses((status = 200, body = Vec<AuditEventView>)))]
async fn list(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(&admin, &call, Some(&namespace(expected, &id)?)).await
}

/// One event of a group with everything below it, or of a project; for Owners.
#[utoipa::path(get, path = "/audit_events/{event_id}", tag = "audit_events",
    params(("id" = String, Path, description = "id or URL-encoded path"), ("event_id" = i64, Path)),
    responses((status = 200, body = AuditEventView)))]
async fn get(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, event)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<AuditEventView>, ApiError> {
    let (name, authority) = (namespace(expected, &id)?, call.authority(Need::Read)?);
    let event = admin
        .desk
        .audit_event(&authority, Some(&name), event_id(&event)?);
    Ok(Json(AuditEventView::new(&event.await?)))
}

/// A part of the events of a namespace, or of all.
async fn page_of(
    admin: &AdminState,
    call: &Call,
    namespace: Option<&NamespaceReference>,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted =
        ListAuditEvents::read(&call.parameters).and_then(|wanted| Ok((wanted.paging()?, wanted)));
    let (paging, wanted) = match namespace {
        Some(name) => admin.unless_hidden(&authority, name, wanted).await?,
        None => wanted?,
    };
    let found = admin
        .desk
        .audit_events_page(&authority, namespace, wanted.into(), paging)
        .await?;
    let to = (call, &*admin.public_url);
    Ok(page::reply_part(&found, to, AuditEventView::new))
}

fn event_id(text: &str) -> Result<AuditEventId, ApiError> {
    text.parse().map_err(|_| invalid("event_id"))
}
