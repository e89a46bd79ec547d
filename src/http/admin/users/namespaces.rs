//! `/users/{id}/projects` and `/users/{id}/memberships`

use axum::extract::State;
use axum::response::Response;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::Need;
use crate::domain::users::reference::UserReference;
use crate::domain::users::username::Username;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::ForeignProjectFilters;
use crate::http::admin::namespaces::list::ListNamespaces;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput, PartInput};
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::http::admin::users::input::ListMemberships;
use crate::http::admin::users::{reference, user_id};
use crate::representation::{MembershipView, ProjectView};

/// The projects in a user's own namespace that the caller may see; filters as for all projects.
#[utoipa::path(get, path = "/users/{id}/projects", tag = "users",
    params(("id" = String, Path, description = "the id or user name"),
        ListNamespaces, PartInput, PageInput, ForeignProjectFilters),
    responses((status = 200, body = Vec<ProjectView>)))]
pub(super) async fn projects(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let user = match (user_id(&id), Username::try_from(id.as_str())) {
        (Ok(id), _) => id.into(),
        (_, Ok(name)) => UserReference::from(name),
        _ => return Err(ApiError::not_found("User")),
    };
    let wanted = ListNamespaces::projects(&call.parameters);
    let wanted = admin.unless_unknown(&authority, &user, wanted).await?;
    let (filter, paging) = (wanted.filter(), wanted.paging);
    let found = admin
        .desk
        .namespaces_page(&authority, &ListRoot::OfUser(user), filter, paging)
        .await?;
    let view = |project: &_| ProjectView::new(project, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// The groups and projects where a user has a role of their own; administrators only.
#[utoipa::path(get, path = "/users/{id}/memberships", tag = "users",
    params(("id" = i64, Path), ListMemberships, ForwardInput, PageInput),
    responses((status = 200, body = Vec<MembershipView>)))]
pub(super) async fn memberships(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    authority.require_administrator()?;
    let wanted = ListMemberships::read(&call.parameters)?;
    let (kind, paging) = (wanted.kind, wanted.part.into());
    let found = admin
        .desk
        .memberships_page(&authority, &reference(&id)?, kind, paging)
        .await?;
    Ok(page::reply_part(
        &found,
        (&call, &admin.public_url),
        |role| MembershipView::from(role),
    ))
}
