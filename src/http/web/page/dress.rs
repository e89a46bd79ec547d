//! The headers that all replies have, and the pages of those that tell of an error.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::web::page::error::{Told, ToldError, WebError};
use crate::http::web::page::layout::{Layout, SeenUser};
use crate::http::web::page::next::{self, after_form};
use crate::http::web::site::Site;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

/// A page consists of our own files and nothing else, sends its forms to us, and stands in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The page about an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    told: ToldError,
}

/// Gives a reply its headers, and its page if it tells of an error.
pub(in crate::http::web) async fn dress(
    State(state): State<WebState>,
    request: Request,
    next: Next,
) -> Response {
    let seen = SeenUser::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(seen.clone());
    let sent = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // A form whose sender is led elsewhere was sent in vain.
    if let Some(Told::Lead(path)) = response.extensions_mut().get_mut()
        && !sent.method.is_safe()
    {
        // A session that ended on the way to the change is known there, but the page is not.
        if path == "/sign_in" {
            *path = next::Next::of(&sent.uri).after(path);
        }
        *path = after_form(path);
    }
    let is_error_page = matches!(response.extensions().get(), Some(Told::Page(_)));
    // Pages about requests that were refused early show the visitor, too.
    if is_error_page && response.status().is_client_error() && seen.layout().is_none() {
        let _ = Visitor::find(&sent, &state).await;
    }
    dressed(&state.site, seen.layout(), response)
}

/// The page with an error of a request that no route took.
pub(in crate::http::web) async fn unrouted(
    state: &WebState,
    request: Request,
    error: WebError,
) -> Response {
    let (parts, _) = request.into_parts();
    let visitor = Visitor::find(&parts, state).await.ok().flatten();
    let layout = visitor.as_ref().map(|visitor| &visitor.layout);
    dressed(&state.site, layout, error.into_response())
}

/// The reply with its headers, and with its page if it tells of an error.
fn dressed(site: &Site, layout: Option<&Layout>, mut response: Response) -> Response {
    match response.extensions_mut().remove::<Told>() {
        Some(Told::Lead(path)) => {
            if let Ok(location) = HeaderValue::try_from(site.link(&path)) {
                response.headers_mut().insert(header::LOCATION, location);
            }
        }
        Some(Told::Page(told)) => {
            let layout = layout.map_or_else(|| Layout::for_stranger(site), Layout::clone);
            if let Ok(text) = (ErrorPage { layout, told }).render() {
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                // The length of the reply without a page.
                response.headers_mut().remove(header::CONTENT_LENGTH);
                *response.body_mut() = text.into();
            }
        }
        None => {}
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The policy that tells less would hide the origin of our own forms, too.
        (header::REFERRER_POLICY, "same-origin"),
        (OPENER_POLICY, "same-origin"),
        // The back button must not show a page, either, after somebody signed out.
        (header::CACHE_CONTROL, "no-store"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn a_sample_is_whole() {
        let html = sample(&ErrorPage {
            layout: sample_layout(Some("alice")),
            told: ToldError {
                heading: "Not done",
                sentence: "`<b>` is taken.".to_owned(),
            },
        });
        assert!(!html.contains("<b>"));
    }
}
