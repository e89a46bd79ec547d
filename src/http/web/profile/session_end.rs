//! `/profile/sessions/ID/end`: the question before a session ends, and its end.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::DeskError;
use crate::domain::ids::SessionId;
use crate::http::web::cookie;
use crate::http::web::page::error::WebError;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::path_id::PathId;
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "profile/session_end.html")]
struct SessionEndPage {
    layout: Layout,
    device: String,
    address: Option<String>,
    signed_in: ShownTime,
    /// True for the session in which the page is shown.
    is_own: bool,
    /// The link that the answer is sent to.
    action: String,
}

/// The path of the question, and of its answer.
pub(super) fn path(id: SessionId) -> String {
    format!("/profile/sessions/{id}/end")
}

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<SessionId>,
) -> Result<Response, WebError> {
    let session = match state.desk.own_session(&visitor.authority, id).await {
        Ok(session) => session,
        Err(error) => return ended_already(error, &state),
    };
    let layout = visitor.layout.at("/profile");
    show(&SessionEndPage {
        device: session.device.to_string(),
        address: session.address.map(|address| address.to_string()),
        signed_in: ShownTime(session.created_at),
        is_own: id == visitor.session.id,
        action: layout.link(&path(id)),
        layout,
    })
}

pub(super) async fn post(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<SessionId>,
) -> Result<Response, WebError> {
    if let Err(error) = state.desk.end_session(&visitor.authority, id).await {
        return ended_already(error, &state);
    }
    if id != visitor.session.id {
        return Ok(to_list(&state));
    }
    let gone = cookie::take_away(&state.site);
    let to = Redirect::to(&state.site.link("/sign_in"));
    Ok((gone, to).into_response())
}

/// Leads to the sessions that there are, if this one is none of the visitor's any more: another tab or browser ended it.
fn ended_already(error: DeskError, state: &WebState) -> Result<Response, WebError> {
    match error.into() {
        WebError::NotFound => Ok(to_list(state)),
        error => Err(error),
    }
}

fn to_list(state: &WebState) -> Response {
    Redirect::to(&state.site.link("/profile/sessions")).into_response()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |address: Option<&str>, is_own| SessionEndPage {
            layout: sample_layout(Some("alice")),
            device: "<b>".to_owned(),
            address: address.map(str::to_owned),
            signed_in: ShownTime(DateTime::UNIX_EPOCH),
            is_own,
            action: "/images/profile/sessions/7/end".to_owned(),
        };
        let html = sample(&page(Some("2001:db8::1"), false));
        assert!(html.contains("2001:db8::1") && html.contains("<time ") && !html.contains("<b>"));
        let html = sample(&page(None, true));
        assert!(html.contains("the session that you are in"), "{html}");
    }
}
