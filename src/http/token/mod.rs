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
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::app::registry::RegistryTokenIssuer;

/// All routes of the token listener, without the health checks that every listener has. Pages of `cors_origins` may
/// ask from a browser.
pub fn router(issuer: Arc<RegistryTokenIssuer>, cors_origins: &[String]) -> Router {
    let mut routes = Router::new()
        .route("/", get(hint::at_the_root))
        .route("/jwt/auth", get(jwt_auth::get).post(jwt_auth::post))
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
