//! `/projects`

mod deploy_tokens;
mod members;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::{Authority, Need};
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::http::admin::bodies::{NewProject, ProjectChange};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::groups::accepted;
use crate::http::admin::namespaces::parameters::{
    change as wanted_change, filter, is_usually_descending, new_namespace,
};
use crate::http::admin::page;
use crate::http::admin::parameters::Parameters;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::http::admin::users::user_id;
use crate::representation::ProjectView;

/// All routes of this noun, and of what belongs to it.
pub(in crate::http::admin) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(create_for))
        .routes(routes!(get, change, delete))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::list_all))
        .routes(routes!(members::get, members::change, members::remove))
        .routes(routes!(members::get_all))
        .routes(routes!(deploy_tokens::list, deploy_tokens::create))
        .routes(routes!(deploy_tokens::get, deploy_tokens::revoke))
}

/// The projects that the caller may see.
#[utoipa::path(get, path = "/projects", tag = "projects",
    params(
        ("search" = Option<String>, Query, description = "part of a path or name"),
        ("owned" = Option<bool>, Query, description = "only where the caller is Owner"),
        ("membership" = Option<bool>, Query, description = "only where the caller has a role"),
        ("min_access_level" = Option<i32>, Query, description = "only where the caller has this role or a higher one"),
        ("visibility" = Option<String>, Query),
        ("id_after" = Option<i64>, Query, description = "only those with a higher id"),
        ("id_before" = Option<i64>, Query, description = "only those with a lower id"),
        ("archived" = Option<bool>, Query, description = "true for archived ones: there are none"),
        ("starred" = Option<bool>, Query, description = "true for starred ones: there are none"),
        ("order_by" = Option<String>, Query, description = "`created_at`, `name`, `path` or `id`"),
        ("sort" = Option<String>, Query, description = "`asc` or `desc`"),
        ("pagination" = Option<String>, Query, description = "`keyset`: with `order_by=id`, follow `Link`"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<ProjectView>)))]
pub(in crate::http::admin) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let kind = NamespaceKind::Project;
    let filter = filter(&call.parameters, kind, None)?;
    let paging = page::paging(&call.parameters, is_usually_descending(kind))?;
    let found = admin
        .desk
        .namespaces_page(&authority, &filter, paging)
        .await?;
    Ok(page::reply_part(
        &found,
        (&call, &admin.public_url),
        |project| ProjectView::new(project, &admin.public_url),
    ))
}

/// One project, by id or URL-encoded path.
#[utoipa::path(get, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path)), responses((status = 200, body = ProjectView)))]
pub(in crate::http::admin) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<ProjectView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let standing = admin
        .desk
        .namespace(&authority, &namespace(ExpectedNamespace::Project, &id)?)
        .await?;
    view(&admin, standing.namespace).await
}

/// Makes a project: below a group by its Maintainers, without `namespace_id` in the caller's own namespace.
#[utoipa::path(post, path = "/projects", tag = "projects", request_body = NewProject,
    responses((status = 201, body = ProjectView)))]
pub(in crate::http::admin) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    check_named(&call.parameters)?;
    let parent = match call.parameters.integer("namespace_id")? {
        Some(id) => NamespaceReference::of_id(ExpectedNamespace::Parent, NamespaceId(id)),
        None => NamespaceReference::at(ExpectedNamespace::Parent, call.caller.username.namespace()),
    };
    make_in(&admin, &call, &authority, &parent).await
}

/// Makes a project in a user's own namespace, whatever `namespace_id` says; administrators only.
#[utoipa::path(post, path = "/projects/user/{user_id}", tag = "projects",
    params(("user_id" = i64, Path)), request_body = NewProject,
    responses((status = 201, body = ProjectView)))]
pub(in crate::http::admin) async fn create_for(
    State(admin): State<AdminState>,
    Segments(user): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let user = admin.desk.user_by_id(user_id(&user)?).await?;
    check_named(&call.parameters)?;
    let own = NamespaceReference::at(ExpectedNamespace::Parent, user.username.namespace());
    make_in(&admin, &call, &authority, &own).await
}

/// Renames or describes a project (Maintainers) or shows it to others (Owners). Its path does not change.
#[utoipa::path(put, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path)), request_body = ProjectChange,
    responses((status = 200, body = ProjectView)))]
pub(in crate::http::admin) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<ProjectView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Project, &id)?;
    let wanted = wanted_change(&call.parameters)?;
    let changed = admin
        .desk
        .change_namespace(&authority, &name, wanted)
        .await?;
    view(&admin, changed).await
}

/// Deletes a project; Owners only. Its images stay closed and its name taken.
#[utoipa::path(delete, path = "/projects/{id}", tag = "projects",
    params(("id" = String, Path)), responses((status = 202)))]
pub(in crate::http::admin) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Project, &id)?;
    admin.desk.delete_namespace(&authority, &name).await?;
    Ok(accepted())
}

fn check_named(parameters: &Parameters) -> Result<(), ApiError> {
    if parameters.has("name") || parameters.has("path") {
        return Ok(());
    }
    Err(ApiError::parameter(
        "name, path are missing, at least one parameter must be provided",
    ))
}

/// Makes a project in `parent`.
async fn make_in(
    admin: &AdminState,
    call: &Call,
    authority: &Authority,
    parent: &NamespaceReference,
) -> Result<(StatusCode, Json<ProjectView>), ApiError> {
    let parent = admin.desk.namespace(authority, parent).await?.namespace;
    let new = new_namespace(&call.parameters, Some(&parent.path))?;
    let made = admin.desk.create_project(authority, new).await?;
    Ok((StatusCode::CREATED, view(admin, made).await?))
}

async fn view(admin: &AdminState, project: Namespace) -> Result<Json<ProjectView>, ApiError> {
    let located = admin.desk.with_ancestors_of(project).await?;
    Ok(Json(ProjectView::new(&located, &admin.public_url)))
}
