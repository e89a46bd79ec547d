//! `/user/two_factor`, and the reset for administrators. Ours, but for the reset, which is GitLab's.

mod input;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::two_factor::TwoFactorError;
use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::http::admin::two_factor::input::{ConfirmTwoFactor, TurnOffTwoFactor};
use crate::http::admin::users::reference;
use crate::representation::{RecoveryCodesView, TwoFactorView};

/// All routes of this noun.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(begin, turn_off))
        .routes(routes!(confirm))
        .routes(routes!(reset))
}

/// Gives the caller the secret of a second factor, in the place of one that they have not confirmed. Nothing else changes until
/// they confirm it. Only this reply shows the secret.
#[utoipa::path(post, path = "/user/two_factor", tag = "users",
    responses((status = 201, body = TwoFactorView)))]
pub(super) async fn begin(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<TwoFactorView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let begun = admin.two_factors.begin(&authority).await?;
    let view = TwoFactorView::new(&begun.secret, &begun.uri);
    Ok((StatusCode::CREATED, Json(view)))
}

/// Turns two-factor authentication on: from now on the caller's password opens no registry, and their refresh tokens end. Only this
/// reply shows the recovery codes, each of which works once in the place of a code.
#[utoipa::path(post, path = "/user/two_factor/confirm", tag = "users", request_body = ConfirmTwoFactor,
    responses((status = 201, body = RecoveryCodesView)))]
pub(super) async fn confirm(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<(StatusCode, Json<RecoveryCodesView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let wanted = ConfirmTwoFactor::read(&call.parameters)?;
    let turned_on = admin
        .two_factors
        .confirm(&authority, (None, &wanted.code))
        .await?;
    let view = RecoveryCodesView::new(&turned_on.codes);
    Ok((StatusCode::CREATED, Json(view)))
}

/// Turns two-factor authentication off, with the caller's password or a code beside their token; the secret and the recovery codes
/// are deleted.
#[utoipa::path(delete, path = "/user/two_factor", tag = "users", request_body = TurnOffTwoFactor,
    responses((status = 204)))]
pub(super) async fn turn_off(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    let proof = TurnOffTwoFactor::read(&call.parameters)?.try_into()?;
    admin.two_factors.turn_off(&authority, &proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Turns off the two-factor authentication of a user who lost their device; administrators only, and not that of another
/// administrator.
#[utoipa::path(patch, path = "/users/{id}/disable_two_factor", tag = "users",
    params(("id" = i64, Path)), responses((status = 204)))]
pub(super) async fn reset(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    let user = reference(&id)?;
    admin.desk.reset_two_factor(&authority, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TwoFactorError> for ApiError {
    fn from(error: TwoFactorError) -> Self {
        match error {
            TwoFactorError::NoUser | TwoFactorError::NoSignIn => Self::Unauthorized,
            TwoFactorError::AlreadyOn => Self::Conflict(error.to_string()),
            TwoFactorError::Off => Self::not_found("Two-Factor Authentication"),
            TwoFactorError::NotBegun => Self::BadRequest(error.to_string()),
            TwoFactorError::WrongCode
            | TwoFactorError::WrongPassword
            | TwoFactorError::TemporaryPassword => Self::Forbidden(error.to_string()),
            TwoFactorError::Throttled(wait) => Self::TooManyCodes(wait),
            TwoFactorError::KeyBusy => Self::Unavailable(Box::new(error)),
            TwoFactorError::Key(_) => Self::NoEncryptionKey(Box::new(error)),
            TwoFactorError::Sealing(_) => Self::Failed(Box::new(error)),
            TwoFactorError::Authentication(error) => error.into(),
            TwoFactorError::Desk(error) => error.into(),
        }
    }
}
