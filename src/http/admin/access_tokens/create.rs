//! `/users/{user_id}/personal_access_tokens` and `/user/personal_access_tokens`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::app::access_tokens::CreatedAccessToken;
use crate::domain::authority::Need;
use crate::http::admin::access_tokens::input::CreateAccessToken;
use crate::http::admin::access_tokens::own_id;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::http::admin::users::reference;
use crate::representation::AccessTokenView;

/// Makes a token for a user; administrators only. It ends no later than the token that is presented. Only this reply
/// shows the secret.
#[utoipa::path(post, path = "/users/{user_id}/personal_access_tokens", tag = "personal_access_tokens",
    params(("user_id" = i64, Path)), request_body = CreateAccessToken,
    responses((status = 201, body = AccessTokenView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    Segments(user): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<AccessTokenView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let owner = reference(&user)?;
    let input = || {
        let wanted = CreateAccessToken::read(&call.parameters)?;
        let end = wanted.end(admin.desk.now());
        Ok((wanted.try_into()?, end))
    };
    let (wanted, end) = admin.unless_unknown(&authority, &owner, input()).await?;
    let created = admin
        .desk
        .create_access_token(&authority, &owner, wanted, end)
        .await?;
    Ok(shown_once(&admin, &created))
}

/// Makes a token for the caller, with any scopes but `api`. It ends no later than the token that is
/// presented, and is revoked with it. Only this reply shows the secret.
#[utoipa::path(post, path = "/user/personal_access_tokens", tag = "personal_access_tokens",
    request_body = CreateAccessToken,
    responses((status = 201, body = AccessTokenView)))]
pub(super) async fn create_own(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<AccessTokenView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let wanted = CreateAccessToken::read(&call.parameters)?;
    let end = wanted.end(admin.desk.now());
    let created = admin
        .desk
        .create_own_access_token(&authority, own_id(&call)?, wanted.try_into()?, end)
        .await?;
    Ok(shown_once(&admin, &created))
}

fn shown_once(
    admin: &AdminState,
    created: &CreatedAccessToken,
) -> (StatusCode, Json<AccessTokenView>) {
    let view = AccessTokenView::new(&created.token, admin.desk.now());
    (StatusCode::CREATED, Json(view.with_secret(&created.secret)))
}
