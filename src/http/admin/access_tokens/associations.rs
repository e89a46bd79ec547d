//! `/personal_access_tokens/self/associations`

use axum::Json;
use axum::extract::State;

use crate::domain::authority::Need;
use crate::domain::members::access_level::AccessLevel;
use crate::http::admin::access_tokens::own_id;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::parameters::invalid;
use crate::http::admin::state::AdminState;
use crate::representation::AssociationsView;

/// The groups and projects in which the owner of the very token that is presented has a role; the
/// pages of both lists are counted alike.
#[utoipa::path(get, path = "/personal_access_tokens/self/associations", tag = "personal_access_tokens",
    params(
        ("min_access_level" = Option<i32>, Query, description = "only roles of at least this number, such as 30"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = AssociationsView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Json<AssociationsView>, ApiError> {
    let authority = call.authority(Need::OwnToken)?;
    let least = least(&call)?;
    let request = page::requested(&call.parameters)?;
    let found = admin
        .desk
        .associations(&authority, own_id(&call)?, least, request)
        .await?;
    Ok(Json(AssociationsView::new(&found, &admin.public_url)))
}

fn least(call: &Call) -> Result<Option<AccessLevel>, ApiError> {
    let Some(number) = call.parameters.integer("min_access_level")? else {
        return Ok(None);
    };
    let level = i32::try_from(number).ok().map(AccessLevel::try_from);
    match level {
        Some(Ok(level)) => Ok(Some(level)),
        _ => Err(invalid("min_access_level")),
    }
}
