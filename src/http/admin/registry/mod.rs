//! `/explain`: the answer to a token request, with the reasons. Ours; GitLab has none.

mod input;

use axum::Json;
use axum::extract::State;

use crate::app::registry::ExplainRequest;
use crate::domain::authority::Need;
use crate::domain::users::reference::UserReference;
use crate::domain::users::username::Username;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::refused;
use crate::http::admin::registry::input::Explain;
use crate::http::admin::state::AdminState;
use crate::representation::ExplanationView;

/// Replays a decision for the caller or, for administrators, for anyone.
#[utoipa::path(get, path = "/explain", tag = "explain", params(Explain),
    responses((status = 200, body = ExplanationView)))]
pub(super) async fn explain(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Json<ExplanationView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = Explain::read(&call.parameters)?;
    let user = wanted.user.map(|name| Username::try_from(name.as_str()));
    if let Some(Err(_)) = user {
        authority.require_administrator()?;
    }
    let user = user.transpose().map_err(|rule| refused("user", &rule))?;
    let question = ExplainRequest {
        user: user.map(UserReference::from),
        token: wanted.token_id,
        scopes: wanted.scope,
    };
    let explanation = admin.desk.explain(&authority, question).await?;
    Ok(Json(ExplanationView::from(&explanation)))
}
