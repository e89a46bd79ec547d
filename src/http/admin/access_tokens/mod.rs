//! `/personal_access_tokens`

pub(super) mod absent;
mod associations;
mod create;
pub(super) mod input;
mod list;
mod rotate;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::DeskError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::{Need, Refusal};
use crate::domain::ids::AccessTokenId;
use crate::http::admin::access_tokens::input::{ChangeAccessToken, READ_ONLY};
use crate::http::admin::access_tokens::list::ListAccessTokens;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::parameters::invalid;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::representation::AccessTokenView;

/// All routes of this noun, and of what belongs to it.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(create::create_own))
        .routes(routes!(list))
        .routes(routes!(get_self, revoke_self))
        .routes(routes!(rotate::rotate_self))
        .routes(routes!(associations::get))
        .routes(routes!(get, change, revoke))
        .routes(routes!(rotate::rotate))
        .merge(absent::of_users())
}

/// The caller's tokens; all users' for administrators.
#[utoipa::path(get, path = "/personal_access_tokens", tag = "personal_access_tokens",
    params(ListAccessTokens, ForwardInput, PageInput),
    responses((status = 200, body = Vec<AccessTokenView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let now = admin.desk.now();
    let wanted = ListAccessTokens::read(&call.parameters)?;
    let paging = wanted.part.into();
    let found = admin
        .desk
        .access_tokens_page(&authority, wanted.at(now), paging)
        .await?;
    Ok(page::reply_part(
        &found,
        (&call, &admin.public_url),
        |token| AccessTokenView::new(token, now),
    ))
}

/// One token, of the caller or, for administrators, of anyone.
#[utoipa::path(get, path = "/personal_access_tokens/{id}", tag = "personal_access_tokens",
    params(("id" = i64, Path)), responses((status = 200, body = AccessTokenView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<AccessTokenView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let token = admin.desk.access_token(&authority, token_id(&id)?).await?;
    Ok(view(&admin, &token))
}

/// Renames, describes, shortens or narrows a token; never widens it. An earlier end shortens the tokens that were
/// made with it, and without `api` they are revoked.
#[utoipa::path(patch, path = "/personal_access_tokens/{id}", tag = "personal_access_tokens",
    params(("id" = i64, Path)), request_body = ChangeAccessToken,
    responses((status = 200, body = AccessTokenView)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Json<AccessTokenView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let wanted = ChangeAccessToken::read(&call.parameters)?;
    let (id, now) = (token_id(&id)?, admin.desk.now());
    if call.parameters.has_one_of(&READ_ONLY) {
        let token = admin.desk.access_token(&authority, id).await?;
        let shown = AccessTokenView::new(&token, now);
        call.parameters.must_be_as_shown(&READ_ONLY, &shown)?;
    }
    let token = admin
        .desk
        .change_access_token(&authority, id, wanted.at(now))
        .await?;
    Ok(view(&admin, &token))
}

/// Revokes a token: it opens nothing any more, on each instance within a second. Registry tokens that were got with it before
/// work until they end, some minutes later. Somebody else's token is 400, and an id that nobody has 404.
#[utoipa::path(delete, path = "/personal_access_tokens/{id}", tag = "personal_access_tokens",
    params(("id" = i64, Path)), responses((status = 204)))]
pub(super) async fn revoke(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    let revoked = admin
        .desk
        .revoke_access_token(&authority, token_id(&id)?)
        .await;
    revoked.map_err(|error| match error {
        // GitLab's answer for a token that is not the caller's.
        DeskError::Forbidden(Refusal::NotYours) => {
            ApiError::BadRequest("the token is not yours to revoke".to_owned())
        }
        other => other.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The very token that is presented, whatever its scopes.
#[utoipa::path(get, path = "/personal_access_tokens/self", tag = "personal_access_tokens",
    responses((status = 200, body = AccessTokenView)))]
pub(super) async fn get_self(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Json<AccessTokenView>, ApiError> {
    let authority = call.authority(Need::OwnToken)?;
    let token = admin.desk.access_token(&authority, own_id(&call)?).await?;
    Ok(view(&admin, &token))
}

/// Revokes the very token that is presented, whatever its scopes.
#[utoipa::path(delete, path = "/personal_access_tokens/self", tag = "personal_access_tokens",
    responses((status = 204)))]
pub(super) async fn revoke_self(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::OwnToken)?;
    admin
        .desk
        .revoke_access_token(&authority, own_id(&call)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The id of the very token that is presented.
pub(super) fn own_id(call: &Call) -> Result<AccessTokenId, ApiError> {
    call.caller
        .ceiling
        .access_token()
        .ok_or(ApiError::Unauthorized)
}

/// The id in a path.
pub(super) fn token_id(text: &str) -> Result<AccessTokenId, ApiError> {
    text.parse().map_err(|_| invalid("id"))
}

fn view(admin: &AdminState, token: &AccessToken) -> Json<AccessTokenView> {
    Json(AccessTokenView::new(token, admin.desk.now()))
}
