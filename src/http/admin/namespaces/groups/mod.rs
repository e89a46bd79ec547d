//! `/groups`

mod contents;
mod deploy_tokens;
mod members;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::Need;
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::http::admin::bodies::{GroupChange, NewGroup};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::parameters::{
    change as wanted_change, filter, is_usually_descending, new_namespace,
};
use crate::http::admin::page;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::GroupView;

/// All routes of this noun, and of what belongs to it.
pub(in crate::http::admin) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(contents::subgroups))
        .routes(routes!(contents::descendants))
        .routes(routes!(contents::projects))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::list_all))
        .routes(routes!(members::get, members::change, members::remove))
        .routes(routes!(members::get_all))
        .routes(routes!(deploy_tokens::list, deploy_tokens::create))
        .routes(routes!(deploy_tokens::get, deploy_tokens::revoke))
}

/// The groups that the caller may see.
#[utoipa::path(get, path = "/groups", tag = "groups",
    params(
        ("search" = Option<String>, Query, description = "part of a path or name"),
        ("owned" = Option<bool>, Query, description = "only where the caller is Owner"),
        ("min_access_level" = Option<i32>, Query, description = "only where the caller has this role or a higher one"),
        ("top_level_only" = Option<bool>, Query), ("visibility" = Option<String>, Query),
        ("skip_groups" = Option<Vec<i64>>, Query, description = "all but these"),
        ("order_by" = Option<String>, Query, description = "`name`, `path`, `id` or `created_at`"),
        ("sort" = Option<String>, Query, description = "`asc` or `desc`"),
        ("pagination" = Option<String>, Query, description = "`keyset`: with `order_by=id`, follow `Link`"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<GroupView>)))]
pub(in crate::http::admin) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let kind = NamespaceKind::Group;
    let filter = filter(&call.parameters, kind, None)?;
    let paging = page::paging(&call.parameters, is_usually_descending(kind))?;
    let found = admin
        .desk
        .namespaces_page(&authority, &filter, paging)
        .await?;
    Ok(page::reply_part(
        &found,
        (&call, &admin.public_url),
        |group| GroupView::new(group, &admin.public_url),
    ))
}

/// One group, by id or URL-encoded path.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), responses((status = 200, body = GroupView)))]
pub(in crate::http::admin) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<GroupView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let standing = admin
        .desk
        .namespace(&authority, &namespace(ExpectedNamespace::Group, &id)?)
        .await?;
    view(&admin, standing.namespace).await
}

/// Makes a group: at the top only administrators, below a group its Owners.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = NewGroup,
    responses((status = 201, body = GroupView)))]
pub(in crate::http::admin) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<GroupView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let parent = match call.parameters.integer("parent_id")? {
        None => {
            authority.require_administrator()?;
            None
        }
        Some(id) => {
            let name = NamespaceReference::of_id(ExpectedNamespace::Group, NamespaceId(id));
            Some(
                admin
                    .desk
                    .namespace(&authority, &name)
                    .await?
                    .namespace
                    .path,
            )
        }
    };
    call.parameters.require(&["path"])?;
    let new = new_namespace(&call.parameters, parent.as_ref())?;
    let made = admin.desk.create_group(&authority, new).await?;
    Ok((StatusCode::CREATED, view(&admin, made).await?))
}

/// Renames or describes a group or shows it to others; Owners only. Its path does not change.
#[utoipa::path(put, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), request_body = GroupChange,
    responses((status = 200, body = GroupView)))]
pub(in crate::http::admin) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<GroupView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    let wanted = wanted_change(&call.parameters)?;
    let changed = admin
        .desk
        .change_namespace(&authority, &name, wanted)
        .await?;
    view(&admin, changed).await
}

/// Deletes a group with what is below it; Owners only. Images stay closed and the names taken.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), responses((status = 202)))]
pub(in crate::http::admin) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    admin.desk.delete_namespace(&authority, &name).await?;
    Ok(accepted())
}

/// What GitLab says to a deletion; ours is done already.
pub(in crate::http::admin) fn accepted() -> (StatusCode, Json<Value>) {
    let body = json!({ "message": "202 Accepted" });
    (StatusCode::ACCEPTED, Json(body))
}

async fn view(admin: &AdminState, group: Namespace) -> Result<Json<GroupView>, ApiError> {
    let located = admin.desk.with_ancestors_of(group).await?;
    Ok(Json(GroupView::new(&located, &admin.public_url)))
}
