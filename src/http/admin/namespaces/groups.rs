//! `/groups`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::{Authority, Need};
use crate::domain::namespaces::NamespaceWithAncestors;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::foreign::ForeignGroupFilters;
use crate::http::admin::namespaces::input::{ChangeNamespace, CreateGroup, ShowGroup};
use crate::http::admin::namespaces::list::ListNamespaces;
use crate::http::admin::namespaces::{AcceptedDeletion, accepted};
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::{GroupView, ProjectView};

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
    let (mut filter, paging) = (wanted.filter(), wanted.paging);
    filter.search_whole_path = true;
    let found = admin
        .desk
        .namespaces_page(&authority, &ListRoot::Everything, filter, paging)
        .await?;
    let view = |group: &_| GroupView::new(group, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// One group with its projects, by id or URL-encoded path.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path), ShowGroup), responses((status = 200, body = GroupView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<GroupView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    let wanted = ShowGroup::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let found = admin
        .desk
        .namespace_with_ancestors(&authority, &name)
        .await?;
    if wanted.with_projects == Some(false) {
        return Ok(Json(GroupView::new(&found, &admin.public_url)));
    }
    whole(&admin, &authority, &found).await
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
    let made = GroupView::new(&made, &admin.public_url).with_projects(Vec::new());
    Ok((StatusCode::CREATED, Json(made)))
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
    let whole = whole(&admin, &authority, &changed).await;
    // The change is made, and is answered so: the projects are left out if they cannot be read now.
    Ok(whole.unwrap_or_else(|_| Json(GroupView::new(&changed, &admin.public_url))))
}

/// Deletes a group with everything below it; Owners only. Images stay closed and the names taken.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups",
    params(("id" = String, Path)), responses((status = 202, body = AcceptedDeletion)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<AcceptedDeletion>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(ExpectedNamespace::Group, &id)?;
    admin.desk.delete_namespace(&authority, &name).await?;
    Ok(accepted())
}

/// The group with the first page of the projects in it that the caller may see.
async fn whole(
    admin: &AdminState,
    authority: &Authority,
    group: &NamespaceWithAncestors,
) -> Result<Json<GroupView>, ApiError> {
    let found = admin
        .desk
        .first_projects(authority, group.namespace.id)
        .await?;
    let base = &*admin.public_url;
    let projects = found.iter().map(|project| ProjectView::new(project, base));
    Ok(Json(
        GroupView::new(group, base).with_projects(projects.collect()),
    ))
}
