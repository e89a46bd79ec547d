//! `/namespaces`: groups and users' own namespaces, which projects lie in.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::namespaces::{ListRoot, PathState};
use crate::domain::authority::Need;
use crate::domain::namespaces::NamespaceWithAncestors;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::input::WantedPath;
use crate::http::admin::namespaces::list::ListParents;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::NamespaceView;

/// The groups in which the caller has a role, and their own namespace; for administrators, all.
#[utoipa::path(get, path = "/namespaces", tag = "namespaces", params(ListParents, ForwardInput, PageInput),
    responses((status = 200, body = Vec<NamespaceView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListParents::read(&call.parameters)?;
    let paging = wanted.part.into();
    let filter = wanted.filter(&authority);
    let found = admin
        .desk
        .namespaces_page(&authority, &ListRoot::Everything, filter, paging)
        .await?;
    let view =
        |found: &NamespaceWithAncestors| NamespaceView::new(&found.namespace, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// One group or user's own namespace, by id or URL-encoded path.
#[utoipa::path(get, path = "/namespaces/{id}", tag = "namespaces",
    params(("id" = String, Path)), responses((status = 200, body = NamespaceView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<NamespaceView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(ExpectedNamespace::Parent, &id)?;
    let found = admin.desk.namespace(&authority, &name).await?;
    let view = NamespaceView::new(&found.namespace, &admin.public_url);
    Ok(Json(view))
}

/// The answer to whether a path is taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PathTaken {
    exists: bool,
    /// A path that is free, if the wanted one is taken.
    suggests: Vec<String>,
}

/// Tells whether the path of a group, project or user is taken, as far as the caller may know.
#[utoipa::path(get, path = "/namespaces/{id}/exists", tag = "namespaces",
    params(("id" = String, Path, description = "the path"), WantedPath),
    responses((status = 200, body = PathTaken)))]
pub(super) async fn exists(
    State(admin): State<AdminState>,
    Segments(path): Segments<String>,
    call: Call,
) -> Result<Json<PathTaken>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = WantedPath::read(&call.parameters)?;
    let parent = wanted.parent_id.as_ref();
    let state = admin.desk.path_state(&authority, parent, &path).await?;
    let (exists, suggested) = match state {
        PathState::Free => (false, None),
        PathState::Taken(other) => (true, other),
    };
    let suggests = suggested.into_iter().collect();
    Ok(Json(PathTaken { exists, suggests }))
}
