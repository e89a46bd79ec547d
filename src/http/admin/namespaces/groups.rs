//! `/groups`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::Need;
use crate::domain::namespaces::NamespaceWithAncestors;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::accepted;
use crate::http::admin::namespaces::foreign::ForeignGroupFilters;
use crate::http::admin::namespaces::input::{ChangeNamespace, CreateGroup};
use crate::http::admin::namespaces::list::ListNamespaces;
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::GroupView;

/// The groups that the caller may see.
#[utoipa::path(get, path = "/groups", tag = "groups",
    params(ListNamespaces, PartInput, PageInput, ForeignGroupFilters),
    responses((status = 200, body = Vec<GroupView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListNamespaces::groups(&call.parameters)?;
    let (filter, paging) = (wanted.filter(), wanted.paging);
    let found = admin
        .desk
        .namespaces_page(&authority, &ListRoot::Everything, filter, paging)
        .await?;
    let view = |group: &_| GroupView::new(group, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// One group, by id or URL-encoded path.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), responses((status = 200, body = GroupView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<GroupView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    let found = admin
        .desk
        .namespace_with_ancestors(&authority, &name)
        .await?;
    Ok(view(&admin, &found))
}

/// Makes a group: at the top only administrators, below a group its Owners.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = CreateGroup,
    responses((status = 201, body = GroupView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<GroupView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let parent = CreateGroup::read_parent(&call.parameters)?;
    let wanted = CreateGroup::read(&call.parameters);
    let wanted = if let Some(parent) = &parent {
        admin.unless_hidden(&authority, parent, wanted).await?
    } else {
        authority.require_administrator()?;
        wanted?
    };
    let new = wanted.within(parent);
    let made = admin.desk.create_group(&authority, new).await?;
    Ok((StatusCode::CREATED, view(&admin, &made)))
}

/// Renames or describes a group or changes its visibility; Owners only. Its path does not change.
#[utoipa::path(put, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), request_body = ChangeNamespace,
    responses((status = 200, body = GroupView)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<GroupView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    let wanted = ChangeNamespace::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let changed = admin
        .desk
        .change_namespace(&authority, &name, wanted.into())
        .await?;
    Ok(view(&admin, &changed))
}

/// Deletes a group with everything below it; Owners only. Images stay closed and the names taken.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), responses((status = 202)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    admin.desk.delete_namespace(&authority, &name).await?;
    Ok(accepted())
}

fn view(admin: &AdminState, group: &NamespaceWithAncestors) -> Json<GroupView> {
    Json(GroupView::new(group, &admin.public_url))
}
