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
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::FutureExt;

pub use cors::PageOrigins;

use crate::app::registry::RegistryTokenIssuer;
use crate::http::layers::{Framed, LayerSettings, frame};

/// The path of the token endpoint.
const JWT_AUTH: &str = "/jwt/auth";

/// The routes of the token listener, and `more`, with the layers around them. Without `pages` that may ask, a `GET` for a token, which is
/// what nearly all requests ask for, is answered before the router is asked; with them, the layer that answers browsers is around the
/// router alone.
pub fn framed(
    issuer: &Arc<RegistryTokenIssuer>,
    pages: &PageOrigins,
    (more, settings): (Router, &LayerSettings),
) -> Framed {
    let routes = router(Arc::clone(issuer), pages).merge(more);
    let framed = frame(routes, settings);
    if !pages.is_empty() {
        let pages = pages.clone();
        return framed.dressed(|routes| routes.layer(from_fn_with_state(pages, cors::allow)));
    }
    let issuer = Arc::clone(issuer);
    framed.with_direct(JWT_AUTH, move |request, who| {
        let reply = jwt_auth::get(State(Arc::clone(&issuer)), who, request);
        reply.map(IntoResponse::into_response)
    })
}

/// All routes of the token listener, without the health checks that every listener has. These `pages` may ask from a browser.
fn router(issuer: Arc<RegistryTokenIssuer>, pages: &PageOrigins) -> Router {
    let mut routes = Router::new()
        .route("/", get(hint::at_the_root))
        .route(JWT_AUTH, get(jwt_auth::get).post(jwt_auth::post))
        .route("/.well-known/jwks.json", get(jwks::get))
        .route("/auth/verify", get(verify::get))
        .fallback(hint::not_found)
        .method_not_allowed_fallback(hint::method_not_allowed);
    if !pages.is_empty() {
        routes = routes.layer(from_fn_with_state(pages.clone(), cors::answer));
    }
    routes.with_state(issuer)
}
