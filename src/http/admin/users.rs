//! `/users`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

use super::bodies::NewUser as NewUserBody;
use super::call::Call;
use super::error::ApiError;
use super::page;
use super::parameters::{Parameters, invalid};
use super::state::AdminState;
use crate::app::NewUser;
use crate::domain::authority::{Authority, Need};
use crate::domain::filters::UserFilter;
use crate::domain::ids::UserId;
use crate::domain::page::Page;
use crate::domain::user::{EmailAddress, User, UserState};
use crate::domain::username::Username;
use crate::representation::UserView;

/// The users there are; with more than their names for administrators.
#[utoipa::path(get, path = "/users", tag = "users",
    params(
        ("username" = Option<String>, Query, description = "the one with this name"),
        ("search" = Option<String>, Query, description = "part of a name, user name or address"),
        ("active" = Option<bool>, Query, description = "only active ones"),
        ("blocked" = Option<bool>, Query, description = "only blocked ones"),
        ("external" = Option<bool>, Query, description = "only external ones"),
        ("admins" = Option<bool>, Query, description = "only administrators"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<UserView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let request = page::requested(&call.parameters)?;
    let found = match filter(&call.parameters)? {
        Some(filter) => admin.desk.users_page(&filter, request).await?,
        None => Page {
            items: Vec::new(),
            total: 0,
            request,
        },
    };
    Ok(page::reply(&found, (&call, &admin.public_url), |user| {
        view(user, &authority, &admin)
    }))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    params(("id" = i64, Path)), responses((status = 200, body = UserView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Json<UserView>, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let user = admin.desk.user_by_id(user_id(&id)?).await?;
    Ok(Json(view(&user, &authority, &admin)))
}

/// Makes a user; administrators only.
#[utoipa::path(post, path = "/users", tag = "users",
    request_body = NewUserBody,
    responses((status = 201, body = UserView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<UserView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.administer()?;
    let user = admin
        .desk
        .create_user(&authority, new_user(&call.parameters)?)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(UserView::full(&user, &admin.public_url)),
    ))
}

/// Blocks a user: neither password nor tokens work any more; administrators only.
#[utoipa::path(post, path = "/users/{id}/block", tag = "users",
    params(("id" = i64, Path)), responses((status = 201, body = bool)))]
pub(super) async fn block(
    State(admin): State<AdminState>,
    Path(id): Path<String>,
    call: Call,
) -> Result<(StatusCode, Json<bool>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let user = named(&admin, &authority, &id).await?;
    admin.desk.block_user(&authority, &user.username).await?;
    Ok((StatusCode::CREATED, Json(true)))
}

/// Lets a blocked user sign in again; administrators only.
#[utoipa::path(post, path = "/users/{id}/unblock", tag = "users",
    params(("id" = i64, Path)), responses((status = 201, body = bool)))]
pub(super) async fn unblock(
    State(admin): State<AdminState>,
    Path(id): Path<String>,
    call: Call,
) -> Result<(StatusCode, Json<bool>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let user = named(&admin, &authority, &id).await?;
    admin.desk.unblock_user(&authority, &user.username).await?;
    Ok((StatusCode::CREATED, Json(true)))
}

/// The user that an administrator names; others learn nothing.
async fn named(admin: &AdminState, authority: &Authority, id: &str) -> Result<User, ApiError> {
    authority.administer()?;
    Ok(admin.desk.user_by_id(user_id(id)?).await?)
}

pub(super) fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| invalid("id"))
}

fn view(user: &User, authority: &Authority, admin: &AdminState) -> UserView {
    if authority.is_administrator() {
        UserView::full(user, &admin.public_url)
    } else {
        UserView::basic(user, &admin.public_url)
    }
}

/// None if the name that is asked for can be nobody's.
fn filter(parameters: &Parameters) -> Result<Option<UserFilter>, ApiError> {
    let username = match parameters
        .text("username")?
        .as_deref()
        .map(Username::try_from)
    {
        None => None,
        Some(Ok(username)) => Some(username),
        Some(Err(_)) => return Ok(None),
    };
    let state = match (
        parameters.boolean("active")?,
        parameters.boolean("blocked")?,
    ) {
        (Some(true), Some(true)) => return Ok(None),
        (Some(true), _) => Some(UserState::Active),
        (_, Some(true)) => Some(UserState::Blocked),
        _ => None,
    };
    let search = parameters.text("search")?.filter(|text| !text.is_empty());
    let only = |name: &str| Ok::<_, ApiError>(parameters.boolean(name)?.filter(|&only| only));
    Ok(Some(UserFilter {
        username,
        search,
        state,
        external: only("external")?,
        admin: only("admins")?,
    }))
}

fn new_user(parameters: &Parameters) -> Result<NewUser, ApiError> {
    parameters.require(&["username"])?;
    let username = parameters.text("username")?.unwrap_or_default();
    let email = parameters.text("email")?.filter(|text| !text.is_empty());
    Ok(NewUser {
        username: Username::try_from(username.as_str()).map_err(|_| invalid("username"))?,
        name: parameters.text("name")?.filter(|name| !name.is_empty()),
        email: email
            .map(|text| EmailAddress::try_from(text.as_str()))
            .transpose()
            .map_err(|_| invalid("email"))?,
        admin: parameters.boolean("admin")?.unwrap_or(false),
        external: parameters.boolean("external")?.unwrap_or(false),
        password: parameters.text("password")?.map(SecretString::from),
    })
}
