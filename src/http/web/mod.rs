//! The web pages, on the admin listener beside the API.
//!
//! Each page has a file, with the struct of its template in `templates/`. A page reads its form, calls one function of
//! [`app`](crate::app), and shows the result; who may do what is decided there.

mod access_tokens;
mod assets;
mod cookie;
mod gitlab;
mod home;
mod page;
mod profile;
mod sign_in;
mod site;
mod state;
mod this_machine;
mod visitor;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use page::error::WebError;

pub use site::{Site, UnusableOrigin};
pub use state::WebState;
pub use this_machine::ThisMachine;

/// All routes of the web pages.
pub fn router(state: &WebState) -> Router {
    let pages = Router::new()
        .route("/", get(home::get))
        .merge(sign_in::routes())
        .merge(profile::routes())
        .merge(access_tokens::routes())
        .merge(gitlab::routes())
        .method_not_allowed_fallback(async || WebError::MethodNotAllowed)
        .with_state(state.clone())
        .layer(cross_site_guard(&state.site))
        .layer(from_fn_with_state(
            state.this_machine.clone(),
            ThisMachine::guard,
        ))
        .layer(from_fn_with_state(state.clone(), page::dress::dress));
    // Files are the same for everybody, so they may be kept.
    pages.merge(assets::routes(state.site.assets()))
}

/// True if the client is a browser, which shows a page: programs are told of unknown addresses in another way.
pub fn wants_page(request: &Request) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

/// The page for an address at which there is nothing.
///
/// The `web_url`s of things have GitLab's form, and there are no pages for them. The answer is the same whether the thing exists.
pub async fn unknown_address(state: &WebState, request: Request) -> Response {
    page::dress::unrouted(state, request, WebError::NotFound).await
}

/// Refuses what other sites' pages send in the name of a visitor: by `Sec-Fetch-Site`, else by `Origin`. The service's public origin is
/// trusted, because proxies rewrite `Host`.
fn cross_site_guard(
    site: &Site,
) -> CsrfLayer<impl FnMut(ProtectionError) -> Response + Clone + use<>> {
    let refused = |_: ProtectionError| WebError::CrossSite.into_response();
    site.guard().with_rejection_response(refused)
}
