//! `/groups/{id}/subgroups`, `/descendant_groups` and `/projects`: the contents of a group.

use axum::extract::State;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::domain::namespaces::filter::Within;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::domain::namespaces::{Namespace, NamespaceKind, NamespaceWithAncestors};
use crate::domain::page::Listing;
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
    let children = |group: Namespace| Ok(Within::Children(group.id));
    let found = below(&admin, &id, &call, (NamespaceKind::Group, children)).await?;
    Ok(groups(&admin, &call, &found))
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
    let all = |group: Namespace| Ok(Within::Below(group.path));
    let found = below(&admin, &id, &call, (NamespaceKind::Group, all)).await?;
    Ok(groups(&admin, &call, &found))
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
    let within = |group: Namespace| {
        let depth = Depth::read(&call.parameters)?;
        Ok(if depth.include_subgroups == Some(true) {
            Within::Below(group.path)
        } else {
            Within::Children(group.id)
        })
    };
    let found = below(&admin, &id, &call, (NamespaceKind::Project, within)).await?;
    let view = |project: &NamespaceWithAncestors| ProjectView::new(project, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

async fn below(
    admin: &AdminState,
    id: &str,
    call: &Call,
    (kind, within): (
        NamespaceKind,
        impl FnOnce(Namespace) -> Result<Within, ApiError>,
    ),
) -> Result<Listing<NamespaceWithAncestors>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let group = admin
        .desk
        .namespace(&authority, &namespace(ExpectedNamespace::Group, id)?)
        .await?
        .namespace;
    let within = within(group)?;
    let wanted = match kind {
        NamespaceKind::Project => ListNamespaces::projects(&call.parameters)?,
        NamespaceKind::Group | NamespaceKind::User => ListNamespaces::groups(&call.parameters)?,
    };
    let paging = wanted.paging()?;
    Ok(admin
        .desk
        .namespaces_page(&authority, &wanted.filter(Some(within)), paging)
        .await?)
}

fn groups(admin: &AdminState, call: &Call, found: &Listing<NamespaceWithAncestors>) -> Response {
    page::reply_part(found, (call, &admin.public_url), |group| {
        GroupView::new(group, &admin.public_url)
    })
}
