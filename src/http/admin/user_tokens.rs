//! `/users/{user_id}/personal_access_tokens`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::bodies::NewToken;
use super::call::Call;
use super::error::ApiError;
use super::state::AdminState;
use super::token_parameters::specification;
use super::users::user_id;
use crate::domain::authority::Need;
use crate::representation::PersonalAccessTokenView;

/// Makes a token for a user; administrators only. The reply alone shows the secret.
#[utoipa::path(post, path = "/users/{user_id}/personal_access_tokens", tag = "personal_access_tokens",
    params(("user_id" = i64, Path)), request_body = NewToken,
    responses((status = 201, body = PersonalAccessTokenView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    Path(user): Path<String>,
    call: Call,
) -> Result<(StatusCode, Json<PersonalAccessTokenView>), ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.administer()?;
    let owner = admin.desk.user_by_id(user_id(&user)?).await?;
    let wanted = specification(&call.parameters)?;
    let created = admin
        .desk
        .create_token(&authority, owner.id, &wanted)
        .await?;
    let view = PersonalAccessTokenView::new(&created.token, admin.desk.now());
    Ok((StatusCode::CREATED, Json(view.with_secret(&created.secret))))
}
