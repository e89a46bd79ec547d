//! Errors as pages tell them.

use std::error::Error;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::DeskError;
use crate::domain::authority::Refusal;
use crate::http::layers::{LogNote, WHILE_AWAY, retry_after};
use crate::http::web::page::next::Next;

/// A request that shows no page of its own. The texts here are for the log: a page may repeat what its visitor wrote, the log never
/// does.
#[derive(Debug, thiserror::Error)]
pub(in crate::http::web) enum WebError {
    /// Nobody is signed in; that page is wanted.
    #[error("nobody is signed in")]
    NotSignedIn(Next),
    /// The visitor is to choose another password first; that page is wanted.
    #[error("another password is to be chosen first")]
    MustChoosePassword(Next),
    /// The visitor is to set up two-factor authentication before anything else; that page is wanted.
    #[error("two-factor authentication is not set up")]
    MustSetUpTwoFactor(Next),
    /// There is no such page or thing, or the visitor may not know that there is.
    #[error("not found")]
    NotFound,
    /// The visitor may not do it; the text says why.
    #[error("forbidden")]
    Forbidden(String),
    /// Another site's page sent it.
    #[error("sent by another site's page")]
    CrossSite,
    /// It came over plain HTTP from another machine.
    #[error("plain HTTP from another machine")]
    PlainHttp,
    /// The address has no such method.
    #[error("no such method")]
    MethodNotAllowed,
    /// The form is of another kind than browsers send.
    #[error("the form cannot be read")]
    UnreadableForm,
    /// The form is longer than we read.
    #[error("the form is too long")]
    TooLarge,
    /// It breaks a rule; the text says which.
    #[error("the request breaks a rule")]
    Refused(String),
    /// The key that encrypts second factors cannot be used; the operator has to bring it back.
    #[error("the secrets of second factors cannot be read or written")]
    NoEncryptionKey(#[source] Box<dyn Error + Send + Sync>),
    /// We cannot answer now; the visitor may come back later.
    #[error("the request cannot be done now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The database would work on it for too long.
    #[error("the request takes too long")]
    TooLong(#[source] Box<dyn Error + Send + Sync>),
    /// A defect of ours.
    #[error("the request failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// The rest of a reply, for whoever knows the site and the visitor.
#[derive(Debug, Clone)]
pub(in crate::http::web) enum Told {
    /// Leads to that path of ours.
    Lead(String),
    /// Shows what went wrong.
    Page(ToldError),
}

/// The words about an error.
#[derive(Debug, Clone)]
pub(in crate::http::web) struct ToldError {
    pub(in crate::http::web) heading: &'static str,
    pub(in crate::http::web) sentence: String,
}

impl WebError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn(_) | Self::MustChoosePassword(_) | Self::MustSetUpTwoFactor(_) => {
                StatusCode::SEE_OTHER
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::PlainHttp => StatusCode::MISDIRECTED_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnreadableForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) | Self::TooLong(_) | Self::NoEncryptionKey(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn told(&self) -> Told {
        let (heading, sentence) = match self {
            Self::NotSignedIn(next) => return Told::Lead(next.after("/sign_in")),
            Self::MustChoosePassword(next) => return Told::Lead(next.after("/profile/password")),
            Self::MustSetUpTwoFactor(next) => {
                return Told::Lead(next.after("/profile/two_factor"));
            }
            Self::NotFound => (
                "Page not found",
                "There is nothing at this address, or it is not for you to see.",
            ),
            Self::Forbidden(why) => ("Not allowed", &**why),
            Self::CrossSite => (
                "Not done",
                "This was sent by a page of another site. If you sent it yourself, open the page here and try again.",
            ),
            Self::PlainHttp => (
                "Not over plain HTTP",
                "Passwords that are typed here could be read on the way, so open these pages at their https address, or on the machine \
                 itself, at localhost. The operator gives them an https address with the setting admin.public_url. If you came through \
                 a proxy, it belongs into admin.trusted_proxies.",
            ),
            Self::MethodNotAllowed => (
                "Not possible",
                "This address does not take that kind of request.",
            ),
            Self::UnreadableForm => ("Not done", "The form could not be read."),
            Self::TooLarge => ("Not done", "The form is too long: 64 KiB are the most."),
            Self::Refused(why) => ("Not done", &**why),
            Self::NoEncryptionKey(_) => (
                "Not possible now",
                "The key that encrypts second factors is lost. Ask the operator of this service; a recovery code works without it.",
            ),
            Self::Unavailable(_) => (
                "Please try again",
                "Wharfinger cannot answer at the moment. Try again in a few seconds.",
            ),
            Self::TooLong(_) => (
                "Given up",
                "There is too much to look at for this, so it was given up. Ask for less if you can, else ask the operator of this service.",
            ),
            Self::Failed(_) => (
                "Something went wrong",
                "This is a defect of the service. Its log says more, under this reply's X-Request-Id.",
            ),
        };
        Told::Page(ToldError {
            heading,
            sentence: sentence.to_owned(),
        })
    }
}

impl WebError {
    /// The words about it; none if it leads elsewhere.
    pub(in crate::http::web) fn sentence(&self) -> String {
        match self.told() {
            Told::Lead(_) => String::new(),
            Told::Page(told) => told.sentence,
        }
    }

    /// The reply without its page.
    pub(in crate::http::web) fn head(&self) -> Response {
        let mut response = self.status().into_response();
        if let Self::Unavailable(_) = self {
            let wait = retry_after(WHILE_AWAY);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response.extensions_mut().insert(LogNote::of_error(self));
        response
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = self.head();
        response.extensions_mut().insert(self.told());
        response
    }
}

impl From<Refusal> for WebError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            // The session ended between the door and the change, or the password is another one by then.
            Refusal::Credential(_) => Self::NotSignedIn(Next::first()),
            Refusal::NotYours => Self::NotFound,
            Refusal::AdministratorsOnly => {
                Self::Forbidden("Only administrators may do this.".to_owned())
            }
            Refusal::Scope(..)
            | Refusal::RoleTooLow(_)
            | Refusal::RoleEnds(_)
            | Refusal::LastOwner
            | Refusal::LastOwnerBelow(_)
            | Refusal::TwoFactorOfAdministrator
            | Refusal::OwnBlock
            | Refusal::AdministratorWithTwoFactor => {
                Self::Forbidden(sentence(&refusal.to_string()))
            }
        }
    }
}

impl From<DeskError> for WebError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotFound { .. } => Self::NotFound,
            DeskError::Forbidden(refusal) => refusal.into(),
            DeskError::Taken { .. }
            | DeskError::PathTaken { .. }
            | DeskError::AlreadyMember
            | DeskError::SoleOwner { .. }
            | DeskError::NotMember { .. }
            | DeskError::Invalid { .. }
            | DeskError::Refused(_)
            | DeskError::AccessToken(_)
            | DeskError::End(_)
            | DeskError::Rotation(_) => Self::Refused(sentence(&error.to_string())),
            DeskError::Storage(_) if error.looks_at_too_much() => Self::TooLong(Box::new(error)),
            DeskError::Password(_) | DeskError::Storage(_) if error.is_temporary() => {
                Self::Unavailable(Box::new(error))
            }
            DeskError::Password(_) | DeskError::Storage(_) => Self::Failed(Box::new(error)),
        }
    }
}

/// A text of ours as a sentence: with a capital and a full stop.
pub(in crate::http::web) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
