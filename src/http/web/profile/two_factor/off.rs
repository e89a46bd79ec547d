//! `/profile/two_factor/turn_off`: the question before two-factor authentication is turned off.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::two_factor::{TurnOffProof, TwoFactorError};
use crate::http::web::page::code_problem::{problem_of, show_problem};
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show, show_as};
use crate::http::web::profile::two_factor::PATH;
use crate::http::web::state::WebState;
use crate::http::web::visitor::{Enroller, Visitor};

#[derive(Template)]
#[template(path = "profile/two_factor_off.html")]
struct TwoFactorOffPage {
    layout: Layout,
    /// True if everybody must have a second factor.
    is_required: bool,
    problems: Problems,
}

/// The problems of each field.
#[derive(Debug, Default)]
struct Problems {
    password: Option<String>,
    code: Option<String>,
}

impl TwoFactorOffPage {
    fn new(state: &WebState, visitor: &Visitor, problems: Problems) -> Self {
        Self {
            layout: visitor.layout.at("/profile"),
            is_required: state.two_factor_required,
            problems,
        }
    }
}

pub(in crate::http::web::profile) async fn get(
    State(state): State<WebState>,
    Enroller(visitor): Enroller,
) -> Result<Response, WebError> {
    if !visitor.user.two_factor {
        return Ok(Redirect::to(&state.site.link(PATH)).into_response());
    }
    show(&TwoFactorOffPage::new(
        &state,
        &visitor,
        Problems::default(),
    ))
}

/// Turns it off. What is off already is shown as it is, also to those who have to set it up anew: this form may have come before.
pub(in crate::http::web::profile) async fn post(
    State(state): State<WebState>,
    Enroller(visitor): Enroller,
    form: FilledForm,
) -> Result<Response, WebError> {
    if !visitor.user.two_factor {
        return Ok(Redirect::to(&state.site.link(PATH)).into_response());
    }
    let again = |problems| TwoFactorOffPage::new(&state, &visitor, problems);
    let Some(proof) = proof_of(&form) else {
        let password = Some("Type your password or a code.".to_owned());
        let page = again(Problems {
            password,
            code: None,
        });
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match state.two_factors.turn_off(&visitor.authority, &proof).await {
        Ok(()) | Err(TwoFactorError::Off) => {
            Ok(Redirect::to(&state.site.link(PATH)).into_response())
        }
        Err(error) => {
            let Some((problem, wait)) = problem_of(&error) else {
                return Err(error.into());
            };
            let problems = match proof {
                TurnOffProof::Password(_) => Problems {
                    password: Some(problem),
                    code: None,
                },
                TurnOffProof::Code(_) => Problems {
                    password: None,
                    code: Some(problem),
                },
            };
            show_problem(&again(problems), wait, &error)
        }
    }
}

/// The proof in a form. A code counts before a password, which browsers fill in by themselves.
fn proof_of(form: &FilledForm) -> Option<TurnOffProof> {
    match (form.text("password"), form.text("code")) {
        ("", "") => None,
        (_, "") => Some(TurnOffProof::Password(form.secret("password"))),
        (_, _) => Some(TurnOffProof::Code(form.secret("code"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |is_required, password: Option<&str>, code: Option<&str>| TwoFactorOffPage {
            layout: sample_layout(Some("alice")),
            is_required,
            problems: Problems {
                password: password.map(str::to_owned),
                code: code.map(str::to_owned),
            },
        };
        let free = sample(&page(false, None, None));
        assert!(
            free.contains(">Turn off two-factor</button>") && free.contains("opens registries")
        );
        let required = sample(&page(true, Some("<i>"), Some("<i>")));
        assert!(!required.contains("<i>") && !required.contains("opens registries"));
    }
}
