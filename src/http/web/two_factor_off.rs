//! `/profile/two_factor/turn_off`: the question before two-factor authentication is turned off.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::two_factor::{TurnOffProof, TwoFactorError};
use crate::http::layers::LogNote;
use crate::http::web::error::WebError;
use crate::http::web::form::FilledForm;
use crate::http::web::layout::{Layout, show, show_as};
use crate::http::web::profile_two_factor::PATH;
use crate::http::web::state::WebState;
use crate::http::web::two_factor::{problem_of, with_wait};
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "two_factor_off.html")]
struct TwoFactorOffPage {
    layout: Layout,
    problem: Option<String>,
}

pub(super) async fn get(visitor: Visitor) -> Result<Response, WebError> {
    show(&TwoFactorOffPage {
        layout: visitor.layout.at("/profile"),
        problem: None,
    })
}

pub(super) async fn post(
    State(state): State<WebState>,
    visitor: Visitor,
    form: FilledForm,
) -> Result<Response, WebError> {
    let page = |problem: &str| TwoFactorOffPage {
        layout: visitor.layout.at("/profile"),
        problem: Some(problem.to_owned()),
    };
    let proof = match (form.text("password"), form.text("code")) {
        ("", "") => {
            let page = page("Type your password or a code.");
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        (_, "") => TurnOffProof::Password(form.secret("password")),
        (_, _) => TurnOffProof::Code(form.secret("code")),
    };
    match state.two_factors.turn_off(&visitor.authority, &proof).await {
        // A second factor that is off already is shown as it is.
        Ok(()) | Err(TwoFactorError::Off) => {
            Ok(Redirect::to(&state.site.link(PATH)).into_response())
        }
        Err(error) => {
            let Some((problem, wait)) = problem_of(&error) else {
                return Err(error.into());
            };
            let status = if wait.is_some() {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            let mut response = with_wait(show_as(status, &page(&problem))?, wait);
            response.extensions_mut().insert(LogNote::of_error(&error));
            Ok(response)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |problem: Option<&str>| TwoFactorOffPage {
            layout: sample_layout(Some("alice")),
            problem: problem.map(str::to_owned),
        };
        assert!(sample(&page(None)).contains(">Turn off two-factor</button>"));
        assert!(!sample(&page(Some("<i>"))).contains("<i>"));
    }
}
