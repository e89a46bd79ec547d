//! `/version` and `/metadata`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;

/// The program that is running.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Metadata {
    version: &'static str,
    revision: &'static str,
    /// GitLab's agent for Kubernetes, which does not exist here.
    kas: AgentServer,
    enterprise: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentServer {
    enabled: bool,
    #[serde(rename = "externalUrl")]
    external_url: Option<String>,
    version: Option<String>,
}

/// The version of this service.
#[utoipa::path(get, path = "/version", tag = "version", responses((status = 200, body = Metadata)))]
pub(super) async fn get(call: Call) -> Result<Json<Metadata>, ApiError> {
    metadata(call).await
}

/// The version, where newer clients ask for it.
#[utoipa::path(get, path = "/metadata", tag = "version", responses((status = 200, body = Metadata)))]
pub(super) async fn metadata(call: Call) -> Result<Json<Metadata>, ApiError> {
    call.authority(Need::Read)?;
    Ok(Json(Metadata {
        version: env!("CARGO_PKG_VERSION"),
        revision: "release",
        kas: AgentServer {
            enabled: false,
            external_url: None,
            version: None,
        },
        enterprise: false,
    }))
}
