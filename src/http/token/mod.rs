//! The token listener, for registries' clients.

mod cors;
mod credential;
mod error;
mod fields;
mod form;
mod hint;
mod jwks;
mod jwt_auth;
pub mod request;
mod verify;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::registry::RegistryTokenIssuer;
use crate::http::layers::{DirectRoute, Who};

/// The path of the token endpoint.
const JWT_AUTH: &str = "/jwt/auth";

/// The question for a token by `GET`, which nearly all requests ask; none with pages of `cors_origins`, whose requests need more.
pub fn direct_route(
    issuer: Arc<RegistryTokenIssuer>,
    cors_origins: &[String],
) -> Option<DirectRoute> {
    let answer = move |request: Request| {
        let issuer = State(Arc::clone(&issuer));
        let who = Who::of(request.extensions());
        async move { jwt_auth::get(issuer, who, request).await.into_response() }
    };
    cors_origins
        .is_empty()
        .then(|| DirectRoute::get(JWT_AUTH, answer))
}

/// All routes of the token listener, without the health checks that every listener has. Pages of `cors_origins` may
/// ask from a browser.
pub fn router(issuer: Arc<RegistryTokenIssuer>, cors_origins: &[String]) -> Router {
    let mut routes = Router::new()
        .route("/", get(hint::at_the_root))
        .route(JWT_AUTH, get(jwt_auth::get).post(jwt_auth::post))
        .route("/.well-known/jwks.json", get(jwks::get))
        .route("/auth/verify", get(verify::get))
        .fallback(hint::not_found)
        .method_not_allowed_fallback(hint::method_not_allowed);
    if !cors_origins.is_empty() {
        let listed = cors::Listed::from(cors_origins);
        routes = routes.layer(from_fn_with_state(listed, cors::answer));
    }
    routes.with_state(issuer)
}
