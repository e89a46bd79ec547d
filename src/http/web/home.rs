//! `/`: leads to the access tokens, or to the sign-in.

use axum::extract::State;
use axum::response::Redirect;

use crate::http::web::site::Site;
use crate::http::web::visitor::Visitor;

pub(super) async fn get(State(site): State<Site>, _visitor: Visitor) -> Redirect {
    Redirect::to(&site.link("/access_tokens"))
}
