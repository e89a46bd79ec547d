//! `/groups/{id}/subgroups`, `/descendant_groups` and `/projects`: the contents of a group.

use axum::extract::State;
use axum::response::Response;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::Need;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::foreign::{ForeignGroupFilters, ForeignProjectFilters};
use crate::http::admin::namespaces::list::{Depth, ListNamespaces};
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::{GroupView, ProjectView};

/// The groups directly below a group that the caller may see; filters as for all groups.
#[utoipa::path(get, path = "/groups/{id}/subgroups", tag = "groups",
    params(("id" = String, Path), ListNamespaces, PartInput, PageInput, ForeignGroupFilters),
    responses((status = 200, body = Vec<GroupView>)))]
pub(super) async fn subgroups(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    groups(&admin, &call, &id, ListRoot::In).await
}

/// The groups anywhere below a group that the caller may see; filters as for all groups.
#[utoipa::path(get, path = "/groups/{id}/descendant_groups", tag = "groups",
    params(("id" = String, Path), ListNamespaces, PartInput, PageInput, ForeignGroupFilters),
    responses((status = 200, body = Vec<GroupView>)))]
pub(super) async fn descendants(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    groups(&admin, &call, &id, ListRoot::Below).await
}

/// The projects of a group that the caller may see; filters as for all projects.
#[utoipa::path(get, path = "/groups/{id}/projects", tag = "groups",
    params(("id" = String, Path), Depth, ListNamespaces, PartInput, PageInput, ForeignProjectFilters),
    responses((status = 200, body = Vec<ProjectView>)))]
pub(super) async fn projects(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let group = namespace(ExpectedNamespace::Group, &id)?;
    let parameters = &call.parameters;
    let input = || {
        Ok((
            Depth::read(parameters)?,
            ListNamespaces::projects(parameters)?,
        ))
    };
    let (depth, wanted) = admin.unless_hidden(&authority, &group, input()).await?;
    let (filter, paging) = (wanted.filter(), wanted.paging);
    let found = admin
        .desk
        .namespaces_page(&authority, &depth.root(group), filter, paging)
        .await?;
    let view = |project: &_| ProjectView::new(project, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

async fn groups(
    admin: &AdminState,
    call: &Call,
    id: &str,
    root: impl FnOnce(NamespaceReference) -> ListRoot,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let group = namespace(ExpectedNamespace::Group, id)?;
    let wanted = ListNamespaces::groups(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &group, wanted).await?;
    let (filter, paging) = (wanted.filter(), wanted.paging);
    let found = admin
        .desk
        .namespaces_page(&authority, &root(group), filter, paging)
        .await?;
    let view = |group: &_| GroupView::new(group, &admin.public_url);
    Ok(page::reply_part(&found, (call, &admin.public_url), view))
}
