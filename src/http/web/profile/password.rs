//! `/profile/password`: the choice of one's own password.

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
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
use crate::http::web::page::shown_time::ShownTime;
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
    /// The time at which the user chose the password that they have, if that was just now: perhaps by the form that is shown once more.
    chosen: Option<ShownTime>,
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
            chosen: None,
            problem: None,
            problems: PasswordProblems::default(),
        }
    }

    /// The page that comes after a new password was chosen.
    fn onward(&self) -> Next {
        match self.next.as_str() {
            "" if self.is_forced => Next::first(),
            "" => Next::read(show::WITH_NEW_PASSWORD),
            next => Next::read(next),
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
    parts: Parts,
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
            let to = Redirect::to(&state.site.link(page.onward().as_str()));
            let cookie = secret.map(|secret| cookie::give(&secret, &state.sessions, &state.site));
            Ok((cookie, to).into_response())
        }
        Err(error) if is_of_wrong_password(&error) => {
            refused(error, looked_at_again(page, &parts, &state).await?)
        }
        Err(error) => refused(error, page),
    }
}

fn is_of_wrong_password(error: &SignInError) -> bool {
    matches!(
        error,
        SignInError::Authentication(AuthenticationError::Wrong(_))
            | SignInError::Desk(DeskError::Forbidden(Refusal::Credential(
                Cause::WrongPassword
            )))
    )
}

/// The page for whoever sent a password that is not their current one: it may be no more since the same form came a first time. Then
/// their session goes on with another secret, which this browser has, or was never given.
async fn looked_at_again(
    page: PasswordPage,
    parts: &Parts,
    state: &WebState,
) -> Result<PasswordPage, WebError> {
    let visitor = Visitor::find(parts, state).await?;
    let visitor = visitor.ok_or_else(|| WebError::NotSignedIn(Next::of(&parts.uri)))?;
    let chosen = state.desk.own_new_password(&visitor.authority).await?;
    Ok(PasswordPage {
        chosen: chosen.map(ShownTime),
        ..page
    })
}

/// The form once more, with the problem beside its field.
fn refused(error: SignInError, page: PasswordPage) -> Result<Response, WebError> {
    let note = LogNote::of_error(&error);
    let mut response = match &error {
        error if is_of_wrong_password(error) => page.refused(PasswordProblems {
            current: Some("This is not your current password.".to_owned()),
            ..PasswordProblems::default()
        })?,
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
    use chrono::DateTime;

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
                chosen: is_forced.then_some(ShownTime(DateTime::UNIX_EPOCH)),
                problem: problem(),
                problems: PasswordProblems {
                    current: problem(),
                    new: problem(),
                    repeated: problem(),
                },
            }
        };
        let forced = sample(&page(true, None));
        assert!(forced.contains("made by somebody else") && forced.contains("by this very form"));
        assert!(!sample(&page(false, Some("<b>"))).contains("<b>"));
        sample(&PasswordPage {
            problem: None,
            ..page(false, Some("Too short."))
        });
    }
}
