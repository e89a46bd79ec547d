//! `/users`

mod absent;
mod foreign;
mod input;
mod namespaces;
mod own;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::Need;
use crate::domain::ids::UserId;
use crate::domain::users::VisibleUser;
use crate::domain::users::reference::UserReference;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::parameters::invalid;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::http::admin::users::foreign::ForeignUserFilters;
use crate::http::admin::users::input::{ChangeUser, CreateUser, DeleteUser, ListUsers};
use crate::representation::UserView;

/// All routes of this noun, and of what belongs to it.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(own::get))
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(namespaces::projects))
        .routes(routes!(namespaces::memberships))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .merge(absent::states())
}

/// All users; administrators see more of them than names.
#[utoipa::path(get, path = "/users", tag = "users",
    params(ListUsers, PartInput, PageInput, ForeignUserFilters),
    responses((status = 200, body = Vec<UserView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let wanted = ListUsers::read(&call.parameters)?;
    let paging = wanted.paging()?;
    let found = admin
        .desk
        .users_page(&authority, wanted.into(), paging)
        .await?;
    let view = |user: &VisibleUser| UserView::new(user, &admin.public_url);
    Ok(page::reply_part(&found, (&call, &admin.public_url), view))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    params(("id" = i64, Path)), responses((status = 200, body = UserView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<UserView>, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let user = admin.desk.user(&authority, &reference(&id)?).await?;
    Ok(Json(UserView::new(&user, &admin.public_url)))
}

/// Makes a user; administrators only.
#[utoipa::path(post, path = "/users", tag = "users",
    request_body = CreateUser,
    responses((status = 201, body = UserView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<UserView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let wanted = CreateUser::read(&call.parameters)?;
    let user = admin.desk.create_user(&authority, wanted.into()).await?;
    let view = UserView::new(&user, &admin.public_url);
    Ok((StatusCode::CREATED, Json(view)))
}

/// Changes a user; administrators only. User names do not change.
#[utoipa::path(put, path = "/users/{id}", tag = "users",
    params(("id" = i64, Path)), request_body = ChangeUser,
    responses((status = 200, body = UserView)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<UserView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let user = reference(&id)?;
    let wanted = ChangeUser::read(&call.parameters);
    let wanted = admin.unless_unknown(&authority, &user, wanted).await?;
    let changed = admin
        .desk
        .change_user(&authority, &user, wanted.into())
        .await?;
    Ok(Json(UserView::new(&changed, &admin.public_url)))
}

/// Deletes a user with their tokens, roles and projects; administrators only. Their images stay closed and their name taken.
/// The last owner of a group is not deleted without `hard_delete`.
#[utoipa::path(delete, path = "/users/{id}", tag = "users",
    params(("id" = i64, Path), DeleteUser), responses((status = 204)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let user = reference(&id)?;
    let wanted = DeleteUser::read(&call.parameters);
    let wanted = admin.unless_unknown(&authority, &user, wanted).await?;
    admin
        .desk
        .delete_user(&authority, &user, wanted.into())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Blocks a user: neither password nor tokens open anything after a second at most; administrators only.
/// Registry tokens that were got before work until they end, some minutes later.
#[utoipa::path(post, path = "/users/{id}/block", tag = "users",
    params(("id" = i64, Path)), responses((status = 201, body = bool, content_type = "application/json")))]
pub(super) async fn block(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<bool>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    admin.desk.block_user(&authority, &reference(&id)?).await?;
    Ok((StatusCode::CREATED, Json(true)))
}

/// Lets a blocked user sign in again; administrators only.
#[utoipa::path(post, path = "/users/{id}/unblock", tag = "users",
    params(("id" = i64, Path)), responses((status = 201, body = bool, content_type = "application/json")))]
pub(super) async fn unblock(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<bool>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    admin
        .desk
        .unblock_user(&authority, &reference(&id)?)
        .await?;
    Ok((StatusCode::CREATED, Json(true)))
}

/// The user whose id a segment of the path is.
pub(super) fn reference(segment: &str) -> Result<UserReference, ApiError> {
    Ok(UserReference::Id(user_id(segment)?))
}

pub(super) fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| invalid("id"))
}
