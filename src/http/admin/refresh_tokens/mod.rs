//! `/refresh_tokens`: the tokens of clients that logged in by password. Ours; GitLab has none.

mod input;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::domain::ids::RefreshTokenId;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::parameters::invalid;
use crate::http::admin::refresh_tokens::input::ListRefreshTokens;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::representation::RefreshTokenView;

/// The caller's refresh tokens; all users' for administrators.
#[utoipa::path(get, path = "/refresh_tokens", tag = "refresh_tokens",
    params(ListRefreshTokens, ForwardInput, PageInput),
    responses((status = 200, body = Vec<RefreshTokenView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListRefreshTokens::read(&call.parameters)?;
    let found = admin
        .desk
        .refresh_tokens_page(&authority, wanted.user_id, wanted.part.into())
        .await?;
    let (lifetimes, now) = (admin.refresh_lifetimes, admin.desk.now());
    Ok(page::reply_part(
        &found,
        (&call, &admin.public_url),
        |token| RefreshTokenView::new(token, &lifetimes, now),
    ))
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
