//! `/sign_in/code`: the second step of a sign-in, for those with two-factor authentication.

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::two_factor::TwoFactorError;
use crate::domain::events::origin::Face;
use crate::http::layers::{LogNote, Who, origin};
use crate::http::web::cookie;
use crate::http::web::page::code_problem::{problem_of, show_problem};
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::next::Next;
use crate::http::web::sign_in::password::{CODE, begin_again, led_on};
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct SignInCodePage {
    layout: Layout,
    /// The page that was wanted.
    next: Next,
    /// True if a recovery code is asked for.
    is_recovery: bool,
    problem: Option<String>,
}

impl SignInCodePage {
    /// The address of this page, or of its other half, which asks for a recovery code.
    fn asking(&self, is_recovery: bool) -> String {
        let path = self.next.after(CODE);
        let between = if path.contains('?') { '&' } else { '?' };
        let path = if is_recovery {
            format!("{path}{between}recovery=1")
        } else {
            path
        };
        self.layout.link(&path)
    }
}

/// The empty form; whoever awaits no code begins at the password.
pub(super) async fn get(State(state): State<WebState>, parts: Parts) -> Result<Response, WebError> {
    let query = FilledForm::of_query(&parts.uri);
    let next = Next::read(query.text("next"));
    let Some(secret) = cookie::read(&parts.headers, &state.site) else {
        return Err(WebError::NotSignedIn(next));
    };
    if !state
        .two_factors
        .awaits_code(&secret, &state.sessions)
        .await?
    {
        return Err(WebError::NotSignedIn(next));
    }
    show(&SignInCodePage {
        layout: Layout::for_stranger(&state.site),
        next,
        is_recovery: !query.text("recovery").is_empty(),
        problem: None,
    })
}

pub(super) async fn post(
    State(state): State<WebState>,
    who: Who,
    parts: Parts,
    form: FilledForm,
) -> Result<Response, WebError> {
    let next = Next::read(form.text("next"));
    let Some(secret) = cookie::read(&parts.headers, &state.site) else {
        return Err(WebError::NotSignedIn(next));
    };
    let (code, from) = (form.secret("code"), origin(&parts.extensions, Face::Web));
    let finished = state
        .two_factors
        .finish_sign_in((&secret, &code), &state.sessions, from);
    match finished.await {
        Ok(begun) => {
            who.is(begun.username.as_str());
            Ok(led_on(&begun, &next, &state))
        }
        Err(error @ TwoFactorError::NoSignIn) => {
            // The form was sent twice.
            if Visitor::find(&parts, &state).await?.is_some() {
                return Ok(Redirect::to(&state.site.link(next.as_str())).into_response());
            }
            let problem =
                "The sign-in waited five minutes for its code, or it has ended. Sign in again.";
            let mut response = begin_again((next, problem.to_owned()), &state)?;
            response.extensions_mut().insert(LogNote::of_error(&error));
            Ok(response)
        }
        Err(error) => {
            let Some((problem, wait)) = problem_of(&error) else {
                return Err(error.into());
            };
            let page = SignInCodePage {
                layout: Layout::for_stranger(&state.site),
                next,
                is_recovery: !form.text("recovery").is_empty(),
                problem: Some(problem),
            };
            show_problem(&page, wait, &error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |is_recovery, problem: Option<&str>| SignInCodePage {
            layout: sample_layout(None),
            next: Next::read("/access_tokens?x=\"><script>"),
            is_recovery,
            problem: problem.map(str::to_owned),
        };
        let code = sample(&page(false, None));
        assert!(code.contains("Use a recovery code") && code.contains(">Code</label>"));
        assert!(code.contains("href=\"/images/sign_in/code?"), "{code}");
        let recovery = sample(&page(true, Some("<i>")));
        assert!(recovery.contains(">Recovery code</label>") && !recovery.contains("<i>"));
    }
}
