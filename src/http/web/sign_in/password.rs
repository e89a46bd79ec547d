//! `/sign_in`: name and password.

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::DeskError;
use crate::app::sessions::{Arrival, BegunSession, SignInError};
use crate::domain::authority::Refusal;
use crate::domain::events::origin::Face;
use crate::domain::secret::SecretKind;
use crate::domain::sessions::SessionState;
use crate::domain::sessions::device::Device;
use crate::http::layers::{LogNote, Who, origin, retry_after, waiting_time};
use crate::http::web::cookie;
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show, show_as};
use crate::http::web::page::next::{Next, SENT};
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;
use crate::identity::AuthenticationError;

/// The page that asks for a code after this one.
pub(super) const CODE: &str = "/sign_in/code";

/// The message for whoever is not let in, whatever the cause.
const WRONG: &str = "The username, email or password is wrong.";

#[derive(Template)]
#[template(path = "sign_in/password.html")]
struct SignInPage {
    layout: Layout,
    /// The name as it was typed.
    username: String,
    /// The page that was wanted.
    next: Next,
    /// True if a form was sent, perhaps in vain: it may be the second time, and the first one have ended the session.
    is_lost: bool,
    problem: Option<String>,
}

/// The empty form; whoever is signed in already goes on.
pub(super) async fn get(State(state): State<WebState>, parts: Parts) -> Result<Response, WebError> {
    let query = FilledForm::of_query(&parts.uri);
    let next = Next::read(query.text("next"));
    if Visitor::find(&parts, &state).await?.is_some() {
        return Ok(Redirect::to(&state.site.link(next.as_str())).into_response());
    }
    show(&SignInPage {
        layout: Layout::for_stranger(&state.site),
        username: String::new(),
        next,
        is_lost: !query.text(SENT).is_empty(),
        problem: None,
    })
}

pub(super) async fn post(
    State(state): State<WebState>,
    who: Who,
    parts: Parts,
    form: FilledForm,
) -> Result<Response, WebError> {
    let (name, password) = (form.text("username").trim(), form.secret("password"));
    let next = Next::read(form.text("next"));
    let agent = parts.headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    let arrival = Arrival {
        device: Device::of_user_agent(agent.unwrap_or_default()),
        earlier: cookie::read(&parts.headers, &state.site),
        origin: origin(&parts.extensions, Face::Web),
    };
    let signed_in = state
        .admission
        .sign_in((name, &password), arrival, &state.sessions);
    match signed_in.await {
        Ok(begun) => {
            who.is(begun.username.as_str());
            Ok(led_on(&begun, &next, &state))
        }
        Err(error) => {
            let page = SignInPage {
                layout: Layout::for_stranger(&state.site),
                // Some people put their token into the wrong field.
                username: Some(name.to_owned())
                    .filter(|name| SecretKind::of(name).is_none())
                    .unwrap_or_default(),
                next,
                is_lost: false,
                problem: None,
            };
            refused(error, page)
        }
    }
}

/// The empty form, with the reason why somebody who was on their way begins again.
pub(super) fn begin_again(
    (next, problem): (Next, String),
    state: &WebState,
) -> Result<Response, WebError> {
    let page = SignInPage {
        layout: Layout::for_stranger(&state.site),
        username: String::new(),
        next,
        is_lost: false,
        problem: Some(problem),
    };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Gives the browser its secret, and leads to the page that was wanted, or to the code before it.
pub(super) fn led_on(begun: &BegunSession, next: &Next, state: &WebState) -> Response {
    let cookie = cookie::give(&begun.secret, &state.sessions, &state.site);
    let to = match begun.state {
        SessionState::Open => next.as_str().to_owned(),
        SessionState::AwaitsCode => next.after(CODE),
    };
    let to = Redirect::to(&state.site.link(&to));
    (cookie, to).into_response()
}

/// The form once more, with the problem.
fn refused(error: SignInError, page: SignInPage) -> Result<Response, WebError> {
    let (status, problem, wait) = match &error {
        SignInError::Authentication(AuthenticationError::Wrong(_))
        | SignInError::Desk(DeskError::Forbidden(Refusal::Credential(_))) => {
            (StatusCode::UNPROCESSABLE_ENTITY, WRONG.to_owned(), None)
        }
        SignInError::Authentication(AuthenticationError::Throttled(wait, _)) => {
            let problem = format!(
                "Too many sign-ins failed. Try again in {}.",
                waiting_time(*wait)
            );
            (StatusCode::TOO_MANY_REQUESTS, problem, Some(*wait))
        }
        SignInError::Authentication(_) | SignInError::Desk(_) => return Err(error.into()),
    };
    let page = SignInPage {
        problem: Some(problem),
        ..page
    };
    let mut response = show_as(status, &page)?;
    if let Some(wait) = wait {
        let wait = retry_after(wait);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response.extensions_mut().insert(LogNote::of_error(&error));
    Ok(response)
}

impl From<SignInError> for WebError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Desk(error) => error.into(),
            SignInError::Authentication(error) if error.is_temporary() => {
                Self::Unavailable(Box::new(error))
            }
            SignInError::Authentication(error) => Self::Failed(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |username: &str, problem: Option<&str>| SignInPage {
            layout: sample_layout(None),
            username: username.to_owned(),
            next: Next::read("/access_tokens?x=\"><script>"),
            is_lost: problem.is_some(),
            problem: problem.map(str::to_owned),
        };
        let empty = sample(&page("", None));
        assert!(empty.contains("action=\"/images/sign_in\""));
        let again = sample(&page("<b>\"'", Some("<i>")));
        assert!(!again.contains("<b>") && !again.contains("<i>") && !again.contains("\"'"));
    }
}
