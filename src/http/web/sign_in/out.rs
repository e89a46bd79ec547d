//! `/sign_out`: ends the session.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use crate::http::web::cookie;
use crate::http::web::page::error::WebError;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

/// Ends the visitor's session; whoever has none any more is signed out already.
pub(super) async fn post(
    State(state): State<WebState>,
    parts: Parts,
) -> Result<Response, WebError> {
    if let Some(visitor) = Visitor::find(&parts, &state).await? {
        let (authority, id) = (&visitor.authority, visitor.session.id);
        match state
            .desk
            .end_session(authority, id)
            .await
            .map_err(Into::into)
        {
            // Another tab was faster.
            Ok(()) | Err(WebError::NotSignedIn(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let gone = cookie::take_away(&state.site);
    let to = Redirect::to(&state.site.link("/sign_in"));
    Ok((gone, to).into_response())
}
