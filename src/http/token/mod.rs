//! The token listener, for registries' clients.

mod credential;
mod error;
mod fields;
mod form;
mod hint;
mod jwks;
mod jwt_auth;
pub mod request;
mod verify;

use axum::Router;
use axum::routing::get;

use crate::app::registry::RegistryTokenIssuer;

/// All routes of the token listener, without the health checks that every listener has.
pub fn router(issuer: RegistryTokenIssuer) -> Router {
    Router::new()
        .route("/", get(hint::at_the_root))
        .route("/jwt/auth", get(jwt_auth::get).post(jwt_auth::post))
        .route("/.well-known/jwks.json", get(jwks::get))
        .route("/auth/verify", get(verify::get))
        .route("/v2", get(hint::not_a_registry))
        .route("/v2/{*path}", get(hint::not_a_registry))
        .fallback(hint::not_found)
        .method_not_allowed_fallback(hint::method_not_allowed)
        .with_state(issuer)
}
