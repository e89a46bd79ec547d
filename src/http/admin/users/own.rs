//! `/user`: the caller.

use axum::Json;
use axum::extract::State;

use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::state::AdminState;
use crate::representation::UserView;

/// The user whose token is presented.
#[utoipa::path(get, path = "/user", tag = "users", responses((status = 200, body = UserView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Json<UserView>, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    let user = admin.desk.own_user(&authority).await?;
    Ok(Json(UserView::new(&user, &admin.public_url)))
}
