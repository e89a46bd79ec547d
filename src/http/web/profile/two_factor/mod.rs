//! `/profile/two_factor`: setting up two-factor authentication.

pub(super) mod off;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::QrCode;
use qrcode::render::svg;
use secrecy::{ExposeSecret, SecretString};

use crate::app::two_factor::{Enrolment, TurnedOn, TwoFactorError};
use crate::domain::two_factor::recovery_code::RecoveryCode;
use crate::http::layers::LogNote;
use crate::http::web::cookie;
use crate::http::web::page::code_problem::problem_of;
use crate::http::web::page::download::file;
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show, show_as};
use crate::http::web::page::next::{Next, SENT};
use crate::http::web::state::WebState;
use crate::http::web::visitor::{Enroller, Visitor};

/// The address of this page.
pub(super) const PATH: &str = "/profile/two_factor";

/// The words about a secret that cannot be confirmed any more.
const START_AGAIN: &str = "The secret was not confirmed within ten minutes, or another one has taken its place. Start again, and remove it from your app.";

#[derive(Template)]
#[template(path = "profile/two_factor.html")]
struct ProfileTwoFactorPage {
    layout: Layout,
    /// True if it is on.
    is_on: bool,
    /// True if nothing else may be done before.
    is_forced: bool,
    /// The page that was wanted; empty for this one.
    next: String,
    /// True if a form was sent in vain.
    is_lost: bool,
    /// The path to which a reload leads where there are scripts.
    path: String,
    /// The secret that is to be confirmed.
    begun: Option<ShownSecret>,
    problem: Option<String>,
}

/// A secret as people and devices read it.
struct ShownSecret {
    secret: String,
    /// The QR code, as the address of an image.
    image: String,
}

/// The codes, which are shown once.
#[derive(Template)]
#[template(path = "profile/recovery_codes.html")]
struct RecoveryCodesPage {
    layout: Layout,
    /// The path to which a reload leads where there are scripts.
    path: &'static str,
    /// The page that comes after.
    next: String,
    codes: Vec<String>,
    /// The codes as a file.
    download: String,
}

impl ProfileTwoFactorPage {
    fn new(
        visitor: &Visitor,
        state: &WebState,
        (next, begun): (&str, Option<&Enrolment>),
    ) -> Result<Self, WebError> {
        Ok(Self {
            layout: visitor.layout.at("/profile"),
            is_on: visitor.user.two_factor,
            is_forced: state.two_factor_required && !visitor.user.two_factor,
            next: next.to_owned(),
            is_lost: false,
            path: Next::read(next).after(PATH),
            begun: begun.map(ShownSecret::new).transpose()?,
            problem: None,
        })
    }
}

impl ShownSecret {
    fn new(begun: &Enrolment) -> Result<Self, WebError> {
        Ok(Self {
            secret: begun.secret.expose_secret().to_owned(),
            image: image(&begun.uri)?,
        })
    }
}

/// The QR code of a text. It is black on white in dark mode too, because not every camera reads another one.
fn image(text: &SecretString) -> Result<String, WebError> {
    let code = QrCode::new(text.expose_secret());
    let code = code.map_err(|error| WebError::Failed(Box::new(error)))?;
    let mut picture = code.render::<svg::Color<'_>>();
    let encoded = STANDARD.encode(picture.min_dimensions(220, 220).build());
    Ok(format!("data:image/svg+xml;base64,{encoded}"))
}

pub(super) async fn get(
    State(state): State<WebState>,
    Enroller(visitor): Enroller,
    uri: Uri,
) -> Result<Response, WebError> {
    let query = FilledForm::of_query(&uri);
    let shown = (query.text("next"), None);
    show(&ProfileTwoFactorPage {
        is_lost: !query.text(SENT).is_empty(),
        ..ProfileTwoFactorPage::new(&visitor, &state, shown)?
    })
}

/// Shows a new secret. Only this reply does: a secret that waits to be confirmed may be one that somebody else was given, with a stolen
/// token.
pub(super) async fn begin(
    State(state): State<WebState>,
    Enroller(visitor): Enroller,
    form: FilledForm,
) -> Result<Response, WebError> {
    match state.two_factors.begin(&visitor.authority).await {
        Ok(begun) => {
            let shown = (form.text("next"), Some(&begun));
            show(&ProfileTwoFactorPage::new(&visitor, &state, shown)?)
        }
        // A second factor that is on already is shown as it is.
        Err(TwoFactorError::AlreadyOn) => Ok(Redirect::to(&state.site.link(PATH)).into_response()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn confirm(
    State(state): State<WebState>,
    Enroller(visitor): Enroller,
    form: FilledForm,
) -> Result<Response, WebError> {
    let (shown, code) = (form.secret("secret"), form.secret("code"));
    let confirmed = state
        .two_factors
        .confirm(&visitor.authority, (Some(&shown), &code))
        .await;
    let error = match confirmed {
        Ok(TurnedOn { codes, session }) => {
            let codes: Vec<String> = codes.iter().map(RecoveryCode::written).collect();
            let page = show(&RecoveryCodesPage {
                layout: visitor.layout.at("/profile"),
                path: PATH,
                next: match form.text("next") {
                    "" if !state.two_factor_required => PATH.to_owned(),
                    next => Next::read(next).as_str().to_owned(),
                },
                download: file(&codes.join("\n")),
                codes,
            })?;
            let cookie = session.map(|new| cookie::give(&new, &state.sessions, &state.site));
            return Ok((cookie, page).into_response());
        }
        Err(TwoFactorError::AlreadyOn) => {
            return Ok(Redirect::to(&state.site.link(PATH)).into_response());
        }
        Err(error) => error,
    };
    let (begun, problem) = match (&error, problem_of(&error)) {
        (TwoFactorError::NotBegun, _) => (None, START_AGAIN.to_owned()),
        (_, Some((problem, _))) => {
            // It is the one that waits to be confirmed, else there was nothing to look at.
            (
                state.two_factors.shown_again(&visitor.user, &shown),
                problem,
            )
        }
        (_, None) => return Err(error.into()),
    };
    let page = ProfileTwoFactorPage {
        problem: Some(problem),
        ..ProfileTwoFactorPage::new(&visitor, &state, (form.text("next"), begun.as_ref()))?
    };
    let mut response = show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)?;
    response.extensions_mut().insert(LogNote::of_error(&error));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    /// The page as the script leaves it when it is left: none of its secrets is in an element inside another one of the same name.
    fn without_secrets(html: &str) -> String {
        let mut parts = html.split('<');
        let mut kept = parts.next().unwrap().to_owned();
        while let Some(part) = parts.next() {
            if !part.contains(" data-secret") {
                kept.extend(["<", part]);
                continue;
            }
            let end = format!("/{}>", part.split(' ').next().unwrap());
            parts.find(|part| part.starts_with(&end)).unwrap();
        }
        kept
    }

    #[test]
    fn samples_are_whole() {
        let page = |is_on, begun: Option<&str>, problem: Option<&str>| ProfileTwoFactorPage {
            layout: sample_layout(Some("alice")),
            is_on,
            is_forced: problem.is_some(),
            next: "\"><b>".to_owned(),
            is_lost: begun.is_none() && problem.is_some(),
            path: PATH.to_owned(),
            begun: begun.map(|secret| ShownSecret {
                secret: secret.to_owned(),
                image: image(&SecretString::from("otpauth://totp/x")).unwrap(),
            }),
            problem: problem.map(str::to_owned),
        };
        assert!(sample(&page(false, None, None)).contains(">Set up two-factor</button>"));
        assert!(sample(&page(false, None, Some("late"))).contains("role=\"alert\">late</p>"));
        assert!(sample(&page(true, None, None)).contains(">Turn off</button>"));
        let begun = sample(&page(false, Some("ABC"), Some("<i>")));
        assert!(begun.contains(">ABC</textarea>") && begun.contains(">Confirm</button>"));
        assert!(begun.contains("src=\"data:image/svg+xml;base64,") && !begun.contains("<i>"));
        assert!(!begun.contains("<b>"));
        assert!(begun.contains("data-once=\"/images/profile/two_factor\""));
        let kept = without_secrets(&begun);
        assert!(
            !kept.contains("ABC") && !kept.contains("data:image"),
            "{kept}"
        );
        let codes = sample(&RecoveryCodesPage {
            layout: sample_layout(Some("alice")),
            path: PATH,
            next: PATH.to_owned(),
            codes: vec!["0b71-x2mq-9tfz-4h1c".to_owned()],
            download: file("0b71-x2mq-9tfz-4h1c"),
        });
        assert!(codes.contains("<li><code>0b71-x2mq-9tfz-4h1c</code></li>"));
    }
}
