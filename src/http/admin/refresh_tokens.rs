//! `/refresh_tokens`: what clients hold that logged in by password. Ours; GitLab has none.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::domain::ids::{RefreshTokenId, UserId};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::parameters::invalid;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::representation::RefreshTokenView;

/// The caller's refresh tokens; all users' for administrators.
#[utoipa::path(get, path = "/refresh_tokens", tag = "refresh_tokens",
    params(
        ("user_id" = Option<i64>, Query, description = "only this user's"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<RefreshTokenView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let owner = call.parameters.integer("user_id")?.map(UserId);
    let found = admin
        .desk
        .refresh_tokens_page(&authority, owner, page::requested(&call.parameters)?)
        .await?;
    let (lifetimes, now) = (admin.refresh_lifetimes, admin.desk.now());
    Ok(page::reply(&found, (&call, &admin.public_url), |token| {
        RefreshTokenView::new(token, &lifetimes, now)
    }))
}

/// Revokes a refresh token: its client has to log in again.
#[utoipa::path(delete, path = "/refresh_tokens/{id}", tag = "refresh_tokens",
    params(("id" = i64, Path)), responses((status = 204)))]
pub(super) async fn revoke(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    let id: RefreshTokenId = id.parse().map_err(|_| invalid("id"))?;
    admin.desk.revoke_refresh_token(&authority, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
