//! States of users that GitLab has and we have not: users are active or blocked.

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;

use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::segments::Segments;
use crate::http::admin::state::AdminState;
use crate::http::admin::users::reference;

/// The routes that lead to such states and back; without them, each would look like a user who does not exist.
pub(super) fn states() -> OpenApiRouter<AdminState> {
    let mut routes = OpenApiRouter::new();
    for verb in ["deactivate", "ban", "reject"] {
        let block = async |admin, id, call| refuse((admin, id, call), "block").await;
        routes = routes.route(&format!("/users/{{id}}/{verb}"), post(block));
    }
    for verb in ["activate", "unban", "approve"] {
        let unblock = async |admin, id, call| refuse((admin, id, call), "unblock").await;
        routes = routes.route(&format!("/users/{{id}}/{verb}"), post(unblock));
    }
    routes
}

/// Refuses another state, with the verb to use.
async fn refuse(
    (State(admin), Segments(id), call): (State<AdminState>, Segments<String>, Call),
    verb: &str,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Write)?;
    authority.require_administrator()?;
    admin.desk.user(&authority, &reference(&id)?).await?;
    Err(ApiError::BadRequest(format!(
        "users are active or blocked here; use POST /users/:id/{verb}"
    )))
}
