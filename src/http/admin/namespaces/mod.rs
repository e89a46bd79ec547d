//! Groups and projects.

mod contents;
mod foreign;
mod groups;
mod input;
pub(super) mod list;
mod parents;
mod projects;

use axum::Extension;
use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::access_tokens::absent;
use crate::http::admin::state::AdminState;
use crate::http::admin::{audit_events, deploy_tokens, members, repositories};

pub(super) use foreign::ForeignProjectFilters;

/// All routes of groups and of projects; what belongs to them is one set of routes for both.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::change, groups::delete))
        .routes(routes!(contents::subgroups))
        .routes(routes!(contents::descendants))
        .routes(routes!(contents::projects))
        .nest("/groups/{id}", belonging_to(ExpectedNamespace::Group))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::create_for))
        .routes(routes!(projects::get, projects::change, projects::delete))
        .routes(routes!(repositories::list))
        .nest("/projects/{id}", belonging_to(ExpectedNamespace::Project))
        .routes(routes!(parents::list))
        .routes(routes!(parents::get))
        .routes(routes!(parents::exists))
}

/// The members, deploy tokens and events of groups, or of projects.
fn belonging_to(expected: ExpectedNamespace) -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .merge(members::routes())
        .merge(deploy_tokens::routes())
        .merge(audit_events::routes())
        .merge(absent::of_namespaces())
        .layer(Extension(expected))
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
struct AcceptedDeletion {
    /// `202 Accepted`.
    message: &'static str,
}

/// GitLab's answer to a deletion, which only begins there; ours is done already.
fn accepted() -> (StatusCode, Json<AcceptedDeletion>) {
    let message = "202 Accepted";
    (StatusCode::ACCEPTED, Json(AcceptedDeletion { message }))
}
