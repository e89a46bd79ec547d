//! `/projects`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::{Authority, Need};
use crate::domain::namespaces::NamespaceWithAncestors;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::foreign::ForeignProjectFilters;
use crate::http::admin::namespaces::input::{ChangeNamespace, CreateProject, ShowProject};
use crate::http::admin::namespaces::list::ListNamespaces;
use crate::http::admin::namespaces::{AcceptedDeletion, accepted};
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::http::admin::users::reference;
use crate::representation::ProjectView;

/// The projects that the caller may see.
#[utoipa::path(get, path = "/projects", tag = "projects",
    params(ListNamespaces, PartInput, PageInput, ForeignProjectFilters),
    responses((status = 200, body = Vec<ProjectView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListNamespaces::projects(&call.parameters)?;
    let (filter, paging) = (wanted.filter(), wanted.paging);
    let found = admin
        .desk
        .namespaces_page(&authority, &ListRoot::Everything, filter, paging)
        .await?;
    let view = |project: &_| ProjectView::new(project, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// One project, by id or URL-encoded path.
#[utoipa::path(get, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path), ShowProject), responses((status = 200, body = ProjectView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<ProjectView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(ExpectedNamespace::Project, &id)?;
    let wanted = ShowProject::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let found = admin
        .desk
        .namespace_with_ancestors(&authority, &name)
        .await?;
    let last = if wanted.statistics == Some(true) {
        admin.desk.last_use_of_project(&authority, &name).await?
    } else {
        None
    };
    let view = ProjectView::new(&found, &admin.public_url);
    Ok(Json(match last {
        Some(last) => view.with_statistics(last),
        None => view,
    }))
}

/// Makes a project: below a group by its Maintainers, without `namespace_id` in the caller's own namespace.
#[utoipa::path(post, path = "/projects", tag = "projects", request_body = CreateProject,
    responses((status = 201, body = ProjectView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let own = call.caller.username.namespace();
    let parent = CreateProject::read_parent(&call.parameters)?
        .unwrap_or_else(|| NamespaceReference::at(ExpectedNamespace::Parent, own));
    make_in(&admin, &call, &authority, parent).await
}

/// Makes a project in a user's own namespace, whatever `namespace_id` says; administrators only.
#[utoipa::path(post, path = "/projects/user/{user_id}", tag = "projects",
    params(("user_id" = i64, Path)), request_body = CreateProject,
    responses((status = 201, body = ProjectView)))]
pub(super) async fn create_for(
    State(admin): State<AdminState>,
    Segments(user): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let own = NamespaceReference::of_user(reference(&user)?);
    make_in(&admin, &call, &authority, own).await
}

/// Renames or describes a project (Maintainers) or changes its visibility (Owners). Its path does not change.
#[utoipa::path(put, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path)), request_body = ChangeNamespace,
    responses((status = 200, body = ProjectView)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<ProjectView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Project, &id)?;
    let wanted = ChangeNamespace::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let changed = admin
        .desk
        .change_namespace(&authority, &name, wanted.into())
        .await?;
    Ok(view(&admin, &changed))
}

/// Deletes a project; Owners only. Its images stay closed and its name taken.
#[utoipa::path(delete, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path)), responses((status = 202, body = AcceptedDeletion)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<AcceptedDeletion>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Project, &id)?;
    admin.desk.delete_namespace(&authority, &name).await?;
    Ok(accepted())
}

/// Makes a project in `parent`.
async fn make_in(
    admin: &AdminState,
    call: &Call,
    authority: &Authority,
    parent: NamespaceReference,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let wanted = CreateProject::read(&call.parameters);
    let wanted = admin.unless_hidden(authority, &parent, wanted).await?;
    let new = wanted.within(parent);
    let made = admin.desk.create_project(authority, new).await?;
    Ok((StatusCode::CREATED, view(admin, &made)))
}

fn view(admin: &AdminState, project: &NamespaceWithAncestors) -> Json<ProjectView> {
    Json(ProjectView::new(project, &admin.public_url))
}
