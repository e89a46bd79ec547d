//! `/deploy_tokens`: all of them, and those of a group or of a project.

mod input;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::Need;
use crate::domain::ids::DeployTokenId;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::http::admin::call::Call;
use crate::http::admin::deploy_tokens::input::{CreateDeployToken, ListDeployTokens};
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::parameters::invalid;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::DeployTokenView;

/// All routes of this noun below a group or project.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, revoke))
}

/// All deploy tokens, also revoked ones; administrators only.
#[utoipa::path(get, path = "/deploy_tokens", tag = "deploy_tokens",
    params(ListDeployTokens, ForwardInput, PageInput),
    responses((status = 200, body = Vec<DeployTokenView>)))]
pub(super) async fn list_everywhere(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(&admin, &call, None).await
}

/// The deploy tokens of the group or project itself; for Maintainers.
#[utoipa::path(get, path = "/deploy_tokens", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), ListDeployTokens, ForwardInput, PageInput),
    responses((status = 200, body = Vec<DeployTokenView>)))]
async fn list(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(&admin, &call, Some(&namespace(expected, &id)?)).await
}

/// One deploy token of the group or project itself; for Maintainers.
#[utoipa::path(get, path = "/deploy_tokens/{token_id}", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), ("token_id" = i64, Path)),
    responses((status = 200, body = DeployTokenView)))]
async fn get(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, token)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<DeployTokenView>, ApiError> {
    let (name, authority) = (namespace(expected, &id)?, call.authority(Need::Read)?);
    let token = admin
        .desk
        .deploy_token(&authority, Some(&name), token_id(&token)?)
        .await?;
    Ok(Json(DeployTokenView::new(&token, admin.desk.now())))
}

/// Makes a deploy token for the group or project: Owners, in a project Maintainers too. Only this
/// reply shows the secret.
#[utoipa::path(post, path = "/deploy_tokens", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path")), request_body = CreateDeployToken,
    responses((status = 201, body = DeployTokenView)))]
async fn create(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<DeployTokenView>), ApiError> {
    let (name, authority) = (namespace(expected, &id)?, call.authority(Need::Write)?);
    let wanted = CreateDeployToken::read(&call.parameters).and_then(TryInto::try_into);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let made = admin
        .desk
        .create_deploy_token(&authority, &name, &wanted)
        .await?;
    let view = DeployTokenView::new(&made.token, admin.desk.now());
    Ok((StatusCode::CREATED, Json(view.with_secret(&made.secret))))
}

/// Revokes a deploy token of the group or project: Owners, in a project Maintainers too. It opens
/// nothing any more, on each instance within a second; registry tokens that were got with it before work until they end.
#[utoipa::path(delete, path = "/deploy_tokens/{token_id}", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), ("token_id" = i64, Path)),
    responses((status = 204)))]
async fn revoke(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, token)): Segments<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let (name, authority) = (namespace(expected, &id)?, call.authority(Need::Write)?);
    admin
        .desk
        .revoke_deploy_token(&authority, Some(&name), token_id(&token)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of the deploy tokens of a namespace, or of all.
async fn page_of(
    admin: &AdminState,
    call: &Call,
    namespace: Option<&NamespaceReference>,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListDeployTokens::read(&call.parameters);
    let wanted = match namespace {
        Some(name) => admin.unless_hidden(&authority, name, wanted).await?,
        None => wanted?,
    };
    let found = admin
        .desk
        .deploy_tokens_page(&authority, namespace, wanted.active, wanted.part.into())
        .await?;
    let now = admin.desk.now();
    Ok(page::reply_part(
        &found,
        (call, &admin.public_url),
        |token| DeployTokenView::new(token, now),
    ))
}

fn token_id(text: &str) -> Result<DeployTokenId, ApiError> {
    text.parse().map_err(|_| invalid("token_id"))
}
