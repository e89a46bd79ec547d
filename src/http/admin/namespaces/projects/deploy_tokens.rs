//! `/projects/{id}/deploy_tokens`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::bodies::NewDeployToken;
use crate::http::admin::call::Call;
use crate::http::admin::deploy_tokens::{create_in, one_of, page_of, revoke_in};
use crate::http::admin::error::ApiError;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::DeployTokenView;

/// The project's own deploy tokens; for Maintainers.
#[utoipa::path(get, path = "/projects/{id}/deploy_tokens", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"),
        ("active" = Option<bool>, Query, description = "only those that work, or only others"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<DeployTokenView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(
        &admin,
        &call,
        Some(&namespace(ExpectedNamespace::Project, &id)?),
    )
    .await
}

/// One of the project's own deploy tokens; for Maintainers.
#[utoipa::path(get, path = "/projects/{id}/deploy_tokens/{token_id}", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), ("token_id" = i64, Path)),
    responses((status = 200, body = DeployTokenView)))]
pub(super) async fn get(
    State(admin): State<AdminState>,
    Segments((id, token)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<DeployTokenView>, ApiError> {
    one_of(
        &admin,
        &call,
        &namespace(ExpectedNamespace::Project, &id)?,
        &token,
    )
    .await
}

/// Makes a deploy token for the project; for Maintainers. The reply alone shows the secret.
#[utoipa::path(post, path = "/projects/{id}/deploy_tokens", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path")), request_body = NewDeployToken,
    responses((status = 201, body = DeployTokenView)))]
pub(super) async fn create(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<DeployTokenView>), ApiError> {
    let made = create_in(&admin, &call, &namespace(ExpectedNamespace::Project, &id)?).await?;
    Ok((StatusCode::CREATED, made))
}

/// Revokes one of the project's deploy tokens; for Maintainers. It stops working at the next request.
#[utoipa::path(delete, path = "/projects/{id}/deploy_tokens/{token_id}", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), ("token_id" = i64, Path)),
    responses((status = 204)))]
pub(super) async fn revoke(
    State(admin): State<AdminState>,
    Segments((id, token)): Segments<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    revoke_in(
        &admin,
        &call,
        &namespace(ExpectedNamespace::Project, &id)?,
        &token,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
