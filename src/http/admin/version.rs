//! `/version`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::error::ApiError;
use crate::domain::authority::Need;

/// What is running.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    version: &'static str,
    revision: &'static str,
}

/// The version of this service.
#[utoipa::path(get, path = "/version", tag = "version", responses((status = 200, body = Version)))]
pub(super) async fn get(call: Call) -> Result<Json<Version>, ApiError> {
    call.authority(Need::Read)?;
    Ok(Json(Version {
        version: env!("CARGO_PKG_VERSION"),
        revision: "release",
    }))
}
