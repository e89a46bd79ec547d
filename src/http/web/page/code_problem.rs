//! Second factors on pages: the words about what went wrong.

use std::time::Duration;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::app::two_factor::TwoFactorError;
use crate::http::layers::{LogNote, retry_after, waiting_time};
use crate::http::web::page::error::{WebError, sentence};
use crate::http::web::page::layout::show_as;
use crate::http::web::page::next::Next;

/// The problem that stands beside the field, and the time to wait before another try; none for an error with a page of its own.
pub(in crate::http::web) fn problem_of(
    error: &TwoFactorError,
) -> Option<(String, Option<Duration>)> {
    match error {
        TwoFactorError::WrongCode
        | TwoFactorError::WrongPassword
        | TwoFactorError::TemporaryPassword => Some((sentence(&error.to_string()), None)),
        TwoFactorError::Throttled(wait) => {
            let time = waiting_time(*wait);
            let told = format!("Too many codes or passwords were wrong. Try again in {time}.");
            Some((told, Some(*wait)))
        }
        TwoFactorError::NoUser
        | TwoFactorError::AlreadyOn
        | TwoFactorError::Off
        | TwoFactorError::NoSignIn
        | TwoFactorError::NotBegun
        | TwoFactorError::KeyBusy
        | TwoFactorError::Key(_)
        | TwoFactorError::Sealing(_)
        | TwoFactorError::Authentication(_)
        | TwoFactorError::Desk(_) => None,
    }
}

/// The reply with the page on which the problem stands, which says how long to wait.
pub(in crate::http::web) fn show_problem(
    page: &impl Template,
    wait: Option<Duration>,
    error: &TwoFactorError,
) -> Result<Response, WebError> {
    let status = if wait.is_some() {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut response = show_as(status, page)?;
    if let Some(wait) = wait {
        let wait = retry_after(wait);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response.extensions_mut().insert(LogNote::of_error(error));
    Ok(response)
}

impl From<TwoFactorError> for WebError {
    fn from(error: TwoFactorError) -> Self {
        match error {
            TwoFactorError::NoUser | TwoFactorError::NoSignIn => Self::NotSignedIn(Next::first()),
            TwoFactorError::AlreadyOn
            | TwoFactorError::Off
            | TwoFactorError::NotBegun
            | TwoFactorError::WrongCode
            | TwoFactorError::WrongPassword
            | TwoFactorError::TemporaryPassword
            | TwoFactorError::Throttled(_) => Self::Refused(sentence(&error.to_string())),
            TwoFactorError::KeyBusy => Self::Unavailable(Box::new(error)),
            TwoFactorError::Key(_) => Self::NoEncryptionKey(Box::new(error)),
            TwoFactorError::Sealing(_) => Self::Failed(Box::new(error)),
            TwoFactorError::Authentication(error) if error.is_temporary() => {
                Self::Unavailable(Box::new(error))
            }
            TwoFactorError::Authentication(error) => Self::Failed(Box::new(error)),
            TwoFactorError::Desk(error) => error.into(),
        }
    }
}
