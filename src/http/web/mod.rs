//! The web pages, on the admin listener beside the API.
//!
//! Each page has a file, with the struct of its template in `templates/`. A page reads its form, calls one function of
//! [`app`](crate::app), and shows the result; who may do what is decided there.

mod access_tokens;
mod assets;
mod cookie;
mod download;
mod dress;
mod error;
mod form;
mod gitlab;
mod home;
mod layout;
mod next;
mod password;
mod path_id;
mod profile;
mod profile_two_factor;
mod session_end;
mod sessions;
mod shown_time;
mod sign_in;
mod sign_in_code;
mod sign_out;
mod site;
mod state;
mod this_machine;
mod two_factor;
mod two_factor_off;
mod visitor;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use error::WebError;

pub use site::{Site, UnusableOrigin};
pub use state::WebState;
pub use this_machine::ThisMachine;

/// All routes of the web pages.
pub fn router(state: &WebState) -> Router {
    let pages = Router::new()
        .route("/", get(home::get))
        .route("/sign_in", get(sign_in::get).post(sign_in::post))
        .route(
            sign_in::CODE,
            get(sign_in_code::get).post(sign_in_code::post),
        )
        .route("/sign_out", post(sign_out::post))
        .route("/profile", get(profile::get))
        .route("/profile/password", get(password::get).post(password::post))
        .route(
            profile_two_factor::PATH,
            get(profile_two_factor::get).post(profile_two_factor::begin),
        )
        .route(
            "/profile/two_factor/confirm",
            post(profile_two_factor::confirm),
        )
        .route(
            "/profile/two_factor/turn_off",
            get(two_factor_off::get).post(two_factor_off::post),
        )
        .route("/profile/sessions", get(sessions::list))
        .route(
            "/profile/sessions/{id}/end",
            get(session_end::get).post(session_end::post),
        )
        .merge(access_tokens::routes())
        .merge(gitlab::routes())
        .method_not_allowed_fallback(async || WebError::MethodNotAllowed)
        .with_state(state.clone())
        .layer(cross_site_guard(&state.site))
        .layer(from_fn_with_state(
            state.this_machine.clone(),
            ThisMachine::guard,
        ))
        .layer(from_fn_with_state(state.clone(), dress::dress));
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
    dress::unrouted(state, request, WebError::NotFound).await
}

/// Refuses what other sites' pages send in the name of a visitor: by `Sec-Fetch-Site`, else by `Origin`. The service's public origin is
/// trusted, because proxies rewrite `Host`.
fn cross_site_guard(
    site: &Site,
) -> CsrfLayer<impl FnMut(ProtectionError) -> Response + Clone + use<>> {
    let refused = |_: ProtectionError| WebError::CrossSite.into_response();
    site.guard().with_rejection_response(refused)
}
