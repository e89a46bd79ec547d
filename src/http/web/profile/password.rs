//! `/profile/password`: the choice of one's own password.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::ExposeSecret;

use crate::app::DeskError;
use crate::app::sessions::SignInError;
use crate::domain::authority::Refusal;
use crate::domain::authority::cause::Cause;
use crate::domain::users::password::NewPassword;
use crate::http::layers::{LogNote, retry_after, waiting_time};
use crate::http::web::cookie;
use crate::http::web::page::error::{WebError, sentence};
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show, show_as};
use crate::http::web::page::next::{Next, SENT};
use crate::http::web::profile::show;
use crate::http::web::state::WebState;
use crate::http::web::visitor::{Newcomer, Visitor};
use crate::identity::AuthenticationError;

#[derive(Template)]
#[template(path = "profile/password.html")]
struct PasswordPage {
    layout: Layout,
    /// For programs that keep passwords.
    username: String,
    /// True if nothing else may be done before.
    is_forced: bool,
    /// The page that was wanted; empty for the profile.
    next: String,
    /// True if a form was sent in vain.
    is_lost: bool,
    problem: Option<String>,
    problems: PasswordProblems,
}

/// The problems beside their fields.
#[derive(Default)]
struct PasswordProblems {
    current: Option<String>,
    new: Option<String>,
    repeated: Option<String>,
}

impl PasswordProblems {
    fn any(&self) -> bool {
        self.current.is_some() || self.new.is_some() || self.repeated.is_some()
    }
}

impl PasswordPage {
    fn new(visitor: &Visitor, form: &FilledForm) -> Self {
        Self {
            layout: visitor.layout.at("/profile"),
            username: visitor.user.username.to_string(),
            is_forced: visitor.must_choose_password,
            next: form.text("next").to_owned(),
            is_lost: !form.text(SENT).is_empty(),
            problem: None,
            problems: PasswordProblems::default(),
        }
    }

    fn refused(self, problems: PasswordProblems) -> Result<Response, WebError> {
        let page = Self { problems, ..self };
        show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }
}

pub(super) async fn get(Newcomer(visitor): Newcomer, uri: Uri) -> Result<Response, WebError> {
    show(&PasswordPage::new(&visitor, &FilledForm::of_query(&uri)))
}

pub(super) async fn post(
    State(state): State<WebState>,
    Newcomer(visitor): Newcomer,
    form: FilledForm,
) -> Result<Response, WebError> {
    let page = PasswordPage::new(&visitor, &form);
    let (current, new) = (form.secret("current"), form.secret("new"));
    if new.expose_secret() != form.text("repeated") {
        return page.refused(PasswordProblems {
            repeated: Some(
                "The two new passwords differ. Write the same in both fields.".to_owned(),
            ),
            ..PasswordProblems::default()
        });
    }
    let new = match NewPassword::try_from(new) {
        Ok(new) => new,
        Err(error) => {
            return page.refused(PasswordProblems {
                new: Some(sentence(&error.to_string())),
                ..PasswordProblems::default()
            });
        }
    };
    let whose = (&visitor.authority, &visitor.user);
    let changed = state.admission.change_own_password(whose, &current, new);
    match changed.await {
        Ok(secret) => {
            let next = match page.next.as_str() {
                "" if page.is_forced => Next::first(),
                "" => Next::read(show::WITH_NEW_PASSWORD),
                next => Next::read(next),
            };
            let to = Redirect::to(&state.site.link(next.as_str()));
            let cookie = secret.map(|secret| cookie::give(&secret, &state.sessions, &state.site));
            Ok((cookie, to).into_response())
        }
        Err(error) => refused(error, page),
    }
}

/// The form once more, with the problem beside its field.
fn refused(error: SignInError, page: PasswordPage) -> Result<Response, WebError> {
    let note = LogNote::of_error(&error);
    let mut response = match &error {
        SignInError::Authentication(AuthenticationError::Wrong(_))
        | SignInError::Desk(DeskError::Forbidden(Refusal::Credential(Cause::WrongPassword))) => {
            page.refused(PasswordProblems {
                current: Some("This is not your current password.".to_owned()),
                ..PasswordProblems::default()
            })?
        }
        SignInError::Desk(DeskError::Refused(why)) => page.refused(PasswordProblems {
            new: Some(sentence(why)),
            ..PasswordProblems::default()
        })?,
        SignInError::Authentication(AuthenticationError::Throttled(wait, _)) => {
            let problem = format!(
                "The current password was wrong too often. Try again in {}.",
                waiting_time(*wait)
            );
            let page = PasswordPage {
                problem: Some(problem),
                ..page
            };
            let mut response = show_as(StatusCode::TOO_MANY_REQUESTS, &page)?;
            let wait = retry_after(*wait);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            response
        }
        SignInError::Authentication(_) | SignInError::Desk(_) => return Err(error.into()),
    };
    response.extensions_mut().insert(note);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |is_forced: bool, problem: Option<&str>| {
            let problem = || problem.map(str::to_owned);
            PasswordPage {
                layout: sample_layout(Some("alice")),
                username: "alice".to_owned(),
                is_forced,
                next: "\"><b>".to_owned(),
                is_lost: is_forced,
                problem: problem(),
                problems: PasswordProblems {
                    current: problem(),
                    new: problem(),
                    repeated: problem(),
                },
            }
        };
        assert!(sample(&page(true, None)).contains("made by somebody else"));
        assert!(!sample(&page(false, Some("<b>"))).contains("<b>"));
        sample(&PasswordPage {
            problem: None,
            ..page(false, Some("Too short."))
        });
    }
}
