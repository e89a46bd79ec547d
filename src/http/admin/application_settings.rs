//! `/application/settings`: what Terraform asks after it has made a project in a user's own namespace.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::authority::Need;
use crate::domain::namespaces::visibility::Visibility;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;

/// The settings of the whole service, as far as they are GitLab's; none can be changed here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApplicationSettings {
    /// The protection of branches: 0, for there are no branches.
    default_branch_protection: u32,
    /// The visibility of a project that is made without one.
    default_project_visibility: &'static str,
    /// The visibility of a group that is made without one.
    default_group_visibility: &'static str,
    /// True if people make their own accounts, which they cannot.
    signup_enabled: bool,
    /// True if pictures of people come from elsewhere, which they do not.
    gravatar_enabled: bool,
}

/// The settings that clients ask for; administrators only.
#[utoipa::path(get, path = "/application/settings", tag = "version",
    responses((status = 200, body = ApplicationSettings)))]
pub(super) async fn get(call: Call) -> Result<Json<ApplicationSettings>, ApiError> {
    let authority = call.authority(Need::Read)?;
    authority.require_administrator()?;
    let usual = Visibility::default().name();
    Ok(Json(ApplicationSettings {
        default_branch_protection: 0,
        default_project_visibility: usual,
        default_group_visibility: usual,
        signup_enabled: false,
        gravatar_enabled: false,
    }))
}
