//! `/groups/{id}/members`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::members::InheritedRoles;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::bodies::{MemberChange, NewMember};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::members;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::representation::MemberView;

/// The users who have a role in the group itself.
#[utoipa::path(get, path = "/groups/{id}/members", tag = "members",
    params(
        ("id" = String, Path),
        ("query" = Option<String>, Query, description = "part of a name or user name"),
        ("user_ids" = Option<Vec<i64>>, Query, description = "only these users"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<MemberView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    members::list(
        &admin,
        (ExpectedNamespace::Group, &id, InheritedRoles::Excluded),
        &call,
    )
    .await
}

/// The same with the roles that were given above it; the highest of each user.
#[utoipa::path(get, path = "/groups/{id}/members/all", tag = "members",
    params(
        ("id" = String, Path),
        ("query" = Option<String>, Query, description = "part of a name or user name"),
        ("user_ids" = Option<Vec<i64>>, Query, description = "only these users"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<MemberView>)))]
pub(super) async fn list_all(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    members::list(
        &admin,
        (ExpectedNamespace::Group, &id, InheritedRoles::Included),
        &call,
    )
    .await
}

/// One user who has a role in the group itself.
#[utoipa::path(get, path = "/groups/{id}/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)),
    responses((status = 200, body = MemberView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(ids): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    members::get(
        &admin,
        (ExpectedNamespace::Group, ids, InheritedRoles::Excluded),
        &call,
    )
    .await
}

/// One user who has a role in the group or above it.
#[utoipa::path(get, path = "/groups/{id}/members/all/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)),
    responses((status = 200, body = MemberView)))]
pub(super) async fn get_all(
    State(admin): State<AdminState>,
    Segments(ids): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    members::get(
        &admin,
        (ExpectedNamespace::Group, ids, InheritedRoles::Included),
        &call,
    )
    .await
}

/// Gives a user a role, or several users; Owners only, and none higher than their own.
#[utoipa::path(post, path = "/groups/{id}/members", tag = "members",
    params(("id" = String, Path)), request_body = NewMember,
    responses((status = 201, body = MemberView)))]
pub(super) async fn add(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    members::add(&admin, (ExpectedNamespace::Group, &id), &call).await
}

/// Gives a member another role or end; Owners only, and nobody above them.
#[utoipa::path(put, path = "/groups/{id}/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)), request_body = MemberChange,
    responses((status = 200, body = MemberView)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    Segments(ids): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    members::change(&admin, (ExpectedNamespace::Group, ids), &call).await
}

/// Takes a role away: Owners, or whose it is. With it go the user's roles below the group.
#[utoipa::path(delete, path = "/groups/{id}/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path),
        ("skip_subresources" = Option<bool>, Query, description = "leave the roles below the group")),
    responses((status = 204)))]
pub(super) async fn remove(
    State(admin): State<AdminState>,
    Segments(ids): Segments<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    members::remove(&admin, (ExpectedNamespace::Group, ids), &call).await
}
