//! The admin listener: the REST API under `/api/v4`, as GitLab's clients know it.
//!
//! A noun a file; an endpoint reads its parameters, asks for the caller's authority, and calls one
//! function of [`app`](crate::app).

mod associations;
mod bodies;
mod call;
mod deploy_tokens;
mod documents;
mod documents_page;
mod error;
mod explain;
mod group_contents;
mod group_deploy_tokens;
mod group_members;
mod groups;
mod members;
mod page;
mod parameters;
mod personal_access_tokens;
mod place_parameters;
mod project_deploy_tokens;
mod project_members;
mod projects;
mod refresh_tokens;
mod segments;
mod state;
mod token_parameters;
mod token_rotation;
mod user;
mod user_parameters;
mod user_places;
mod user_tokens;
mod users;
mod version;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use error::ApiError;

pub use state::AdminState;

/// All routes of the admin listener, without the health checks that every listener has.
pub fn router(state: AdminState) -> Router {
    let operations = OpenApiRouter::with_openapi(documents::description())
        .routes(routes!(version::get))
        .routes(routes!(version::metadata))
        .routes(routes!(explain::get))
        .routes(routes!(user::get))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change, users::delete))
        .routes(routes!(user_places::projects))
        .routes(routes!(user_places::memberships))
        .routes(routes!(users::block))
        .routes(routes!(users::unblock))
        .routes(routes!(user_tokens::create))
        .routes(routes!(user_tokens::create_own))
        .routes(routes!(deploy_tokens::list))
        .routes(routes!(
            group_deploy_tokens::list,
            group_deploy_tokens::create
        ))
        .routes(routes!(
            group_deploy_tokens::get,
            group_deploy_tokens::revoke
        ))
        .routes(routes!(
            project_deploy_tokens::list,
            project_deploy_tokens::create
        ))
        .routes(routes!(
            project_deploy_tokens::get,
            project_deploy_tokens::revoke
        ))
        .merge(place_routes())
        .routes(routes!(refresh_tokens::list))
        .routes(routes!(refresh_tokens::revoke))
        .routes(routes!(personal_access_tokens::list))
        .routes(routes!(
            personal_access_tokens::get_self,
            personal_access_tokens::revoke_self
        ))
        .routes(routes!(token_rotation::rotate_self))
        .routes(routes!(associations::get))
        .routes(routes!(
            personal_access_tokens::get,
            personal_access_tokens::change,
            personal_access_tokens::revoke
        ))
        .routes(routes!(token_rotation::rotate));
    let (api, mut description) = OpenApiRouter::new()
        .nest("/api/v4", operations)
        .split_for_parts();
    documents::add_errors(&mut description);
    api.with_state(state)
        .layer(map_response(never_stored))
        .merge(documents::routes(&description))
        .fallback(async || ApiError::not_found(""))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
}

/// Groups, projects and their members.
fn place_routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::change, groups::delete))
        .routes(routes!(group_contents::subgroups))
        .routes(routes!(group_contents::descendants))
        .routes(routes!(group_contents::projects))
        .routes(routes!(group_members::list, group_members::add))
        .routes(routes!(group_members::list_all))
        .routes(routes!(
            group_members::get,
            group_members::change,
            group_members::remove
        ))
        .routes(routes!(group_members::get_all))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::create_for))
        .routes(routes!(projects::get, projects::change, projects::delete))
        .routes(routes!(project_members::list, project_members::add))
        .routes(routes!(project_members::list_all))
        .routes(routes!(
            project_members::get,
            project_members::change,
            project_members::remove
        ))
        .routes(routes!(project_members::get_all))
}

/// Replies hold what is private, and one of them a secret: no cache keeps them.
async fn never_stored(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
