//! `/explain`: what would be answered to a token request, and why. Ours; GitLab has none.

use axum::Json;
use axum::extract::State;

use crate::app::registry::ExplainRequest;
use crate::domain::authority::Need;
use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::Scope;
use crate::domain::users::username::Username;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::invalid;
use crate::http::admin::state::AdminState;
use crate::representation::ExplanationView;

/// Replays a decision for the caller or, for administrators, for anyone.
#[utoipa::path(get, path = "/explain", tag = "explain",
    params(
        ("scope" = String, Query, description = "as a registry asks: `repository:team/app:push`; several with spaces between"),
        ("user" = Option<String>, Query, description = "whose request; the caller's, if left out"),
        ("token_id" = Option<i64>, Query, description = "with which of their tokens; by password, if left out")),
    responses((status = 200, body = ExplanationView)))]
pub(super) async fn explain(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Json<ExplanationView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    call.parameters.require(&["scope"])?;
    let scope = call.parameters.text("scope")?.unwrap_or_default();
    let user = match call.parameters.text("user")? {
        None => call.caller.id,
        Some(name) => match Username::try_from(name.as_str()) {
            Ok(name) if name == call.caller.username => call.caller.id,
            name => {
                authority.require_administrator()?;
                let name = name.map_err(|_| invalid("user"))?;
                admin.desk.user(&name).await?.id
            }
        },
    };
    let question = ExplainRequest {
        user,
        token: call.parameters.integer("token_id")?.map(AccessTokenId),
        scopes: Scope::parse_all([scope])
            .map_err(|error| ApiError::parameter(error.to_string()))?,
    };
    let explanation = admin.desk.explain(&authority, question).await?;
    Ok(Json(ExplanationView::from(&explanation)))
}
