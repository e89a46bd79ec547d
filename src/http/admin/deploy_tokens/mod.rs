//! `/deploy_tokens`, and what the deploy tokens of groups and of projects have in common.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::domain::deploy_tokens::{DeployTokenSpecification, DeployUsername};
use crate::domain::expiry::Expiry;
use crate::domain::ids::DeployTokenId;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::text::DisplayName;
use crate::http::admin::access_tokens::parameters::{scopes, wrong_scope};
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::parameters::{Parameters, invalid};
use crate::http::admin::state::AdminState;
use crate::representation::DeployTokenView;

/// All deploy tokens there ever were, those that were revoked too; administrators only.
#[utoipa::path(get, path = "/deploy_tokens", tag = "deploy_tokens",
    params(
        ("active" = Option<bool>, Query, description = "only those that work, or only others"),
        ("page" = Option<u32>, Query, minimum = 1), ("per_page" = Option<u32>, Query, minimum = 1)),
    responses((status = 200, body = Vec<DeployTokenView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    page_of(&admin, &call, None).await
}

/// A page of the deploy tokens of a namespace, or of all.
pub(super) async fn page_of(
    admin: &AdminState,
    call: &Call,
    namespace: Option<&NamespaceReference>,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let (active, request) = (
        call.parameters.boolean("active")?,
        page::requested(&call.parameters)?,
    );
    let found = admin
        .desk
        .deploy_tokens_page(&authority, namespace, active, request)
        .await?;
    let now = admin.desk.now();
    Ok(page::reply(&found, (call, &admin.public_url), |token| {
        DeployTokenView::new(token, now)
    }))
}

/// One deploy token of a namespace.
pub(super) async fn one_of(
    admin: &AdminState,
    call: &Call,
    namespace: &NamespaceReference,
    id: &str,
) -> Result<Json<DeployTokenView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let token = admin
        .desk
        .deploy_token(&authority, namespace, token_id(id)?)
        .await?;
    Ok(Json(DeployTokenView::new(&token, admin.desk.now())))
}

/// Makes a deploy token for a namespace.
pub(super) async fn create_in(
    admin: &AdminState,
    call: &Call,
    namespace: &NamespaceReference,
) -> Result<Json<DeployTokenView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    // Who may not see the namespace learns nothing from what is wrong with the parameters.
    admin.desk.namespace(&authority, namespace).await?;
    let wanted = specification(&call.parameters)?;
    let made = admin
        .desk
        .create_deploy_token(&authority, namespace, &wanted)
        .await?;
    let view = DeployTokenView::new(&made.token, admin.desk.now());
    Ok(Json(view.with_secret(&made.secret)))
}

/// Revokes a deploy token of a namespace.
pub(super) async fn revoke_in(
    admin: &AdminState,
    call: &Call,
    namespace: &NamespaceReference,
    id: &str,
) -> Result<(), ApiError> {
    let authority = call.authority(Need::Write)?;
    admin
        .desk
        .revoke_deploy_token(&authority, Some(namespace), token_id(id)?)
        .await?;
    Ok(())
}

fn token_id(text: &str) -> Result<DeployTokenId, ApiError> {
    text.parse().map_err(|_| invalid("token_id"))
}

/// A deploy token that is to be made; what else is said is ignored, as GitLab does.
fn specification(parameters: &Parameters) -> Result<DeployTokenSpecification, ApiError> {
    parameters.require(&["name", "scopes"])?;
    let scopes = scopes(parameters)?.unwrap_or_default();
    let name = parameters.text("name")?.unwrap_or_default();
    let name = DisplayName::try_from(name.as_str()).map_err(|_| invalid("name"))?;
    let mut wanted = DeployTokenSpecification::new(name, scopes).map_err(|_| wrong_scope())?;
    wanted.expiry = parameters.instant("expires_at")?.map(Expiry::at);
    let username = parameters.text("username")?.filter(|text| !text.is_empty());
    wanted.username = username
        .map(|text| DeployUsername::try_from(text.as_str()))
        .transpose()
        .map_err(|_| invalid("username"))?;
    Ok(wanted)
}
