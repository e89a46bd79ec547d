//! GitLab's addresses of pages that we have too, for the links and scripts that know them.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Redirect;
use axum::routing::get;

use crate::http::web::page::form::FilledForm;
use crate::http::web::site::Site;
use crate::http::web::state::WebState;

const TOKENS: &str = "/access_tokens";
const NEW_TOKEN: &str = "/access_tokens/new";

/// The fields that a link fills into the form for a new token.
const FILLED: [&str; 3] = ["name", "description", "scopes"];

/// GitLab's addresses, and ours.
const ADDRESSES: [(&str, &str); 3] = [
    ("/users/sign_in", "/sign_in"),
    ("/-/user_settings/personal_access_tokens", TOKENS),
    ("/-/profile/personal_access_tokens", TOKENS),
];

/// The routes of GitLab's addresses, which lead to ours with their query.
pub(super) fn routes() -> Router<WebState> {
    let mut routes = Router::new();
    for (theirs, ours) in ADDRESSES {
        let lead = async move |State(site): State<Site>, uri: Uri| {
            let fields = FilledForm::of_query(&uri);
            let is_filled = FILLED.iter().any(|name| fields.all(name).next().is_some());
            // GitLab has the form on the page with the tokens.
            let ours = if ours == TOKENS && is_filled {
                NEW_TOKEN
            } else {
                ours
            };
            let query = uri.query().map(|query| format!("?{query}"));
            Redirect::to(&site.link(&format!("{ours}{}", query.unwrap_or_default())))
        };
        routes = routes.route(theirs, get(lead));
    }
    routes
}
