//! `/personal_access_tokens/{id}/rotate`

use axum::Json;
use axum::extract::{FromRequest, Request, State};

use crate::domain::authority::cause::Cause;
use crate::domain::authority::{Authority, Need};
use crate::domain::ids::AccessTokenId;
use crate::http::admin::access_tokens::input::RotateAccessToken;
use crate::http::admin::access_tokens::{own_id, token_id};
use crate::http::admin::call::{Call, UnauthenticatedCall};
use crate::http::admin::error::ApiError;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::representation::AccessTokenView;

/// A call that rotates a token.
///
/// If its token was revoked, someone has kept or stolen a token that its owner threw away: the whole
/// family is revoked (docs/gitlab-api.md §1.7). Anywhere else such a token only fails.
#[derive(Debug)]
pub(super) struct RotationCall(pub(super) Call);

impl FromRequest<AdminState> for RotationCall {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, Self::Rejection> {
        let presented = UnauthenticatedCall::read(request).await?;
        let (token, origin) = (presented.token.clone(), presented.origin.clone());
        match presented.admit(state).await {
            Ok(call) => Ok(Self(call)),
            Err(error) => {
                // A stolen token is noticed while its thief has to wait, too.
                if error.cause() == Some(Cause::RevokedToken) {
                    state
                        .desk
                        .revoke_access_token_family(&token, &origin)
                        .await?;
                }
                Err(error.into())
            }
        }
    }
}

/// Replaces a token by a new one: the caller's or, for administrators, anyone's. Unless it is the very token that is
/// presented, the new one ends no later than that. Only this reply shows the secret.
#[utoipa::path(post, path = "/personal_access_tokens/{id}/rotate", tag = "personal_access_tokens",
    params(("id" = i64, Path)), request_body = Option<RotateAccessToken>,
    responses((status = 200, body = AccessTokenView)))]
pub(super) async fn rotate(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    RotationCall(call): RotationCall,
) -> Result<Json<AccessTokenView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    put_another(&admin, &authority, token_id(&id)?, &call).await
}

/// Replaces the very token that is presented, which needs the scope `api` or `self_rotate`. Only this
/// reply shows the secret.
#[utoipa::path(post, path = "/personal_access_tokens/self/rotate", tag = "personal_access_tokens",
    request_body = Option<RotateAccessToken>,
    responses((status = 200, body = AccessTokenView)))]
pub(super) async fn rotate_self(
    State(admin): State<AdminState>,
    RotationCall(call): RotationCall,
) -> Result<Json<AccessTokenView>, ApiError> {
    let authority = call.authority(Need::RotateOwnToken)?;
    put_another(&admin, &authority, own_id(&call)?, &call).await
}

async fn put_another(
    admin: &AdminState,
    authority: &Authority,
    id: AccessTokenId,
    call: &Call,
) -> Result<Json<AccessTokenView>, ApiError> {
    let wanted = RotateAccessToken::read(&call.parameters)?;
    let rotated = admin
        .desk
        .rotate_access_token(authority, id, wanted.at(admin.desk.now()))
        .await?;
    let created = rotated.made;
    let view = AccessTokenView::new(&created.token, admin.desk.now())
        .beside_previous_until(rotated.old_works_until);
    Ok(Json(view.with_secret(&created.secret)))
}
