//! Calls the service's own readers.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};
use secrecy::ExposeSecret;
use wharfinger::app::registry::{MalformedRequest, RegistryTokenRequest, RequestedAccess};
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::http::token::request;
use wharfinger::identity::PresentedCredential;

/// A credential that can be compared, because its secret shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Unreadable,
    Basic(String, String),
    RefreshToken(String),
}

/// A request as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) presented: Shown,
    pub(super) asked: Result<RequestedAccess, MalformedRequest>,
}

impl From<RegistryTokenRequest> for Read {
    fn from(request: RegistryTokenRequest) -> Self {
        let presented = match request.presented {
            PresentedCredential::Nothing => Shown::Nothing,
            PresentedCredential::Unreadable => Shown::Unreadable,
            PresentedCredential::Basic { username, secret } => {
                Shown::Basic(username, secret.expose_secret().to_owned())
            }
            PresentedCredential::RefreshToken(secret) => {
                Shown::RefreshToken(secret.expose_secret().to_owned())
            }
        };
        Self {
            presented,
            asked: request.asked,
        }
    }
}

/// Reads a `GET`.
pub(super) fn get(query: &str, headers: &HeaderMap) -> Read {
    request::by_get(query, headers, Origin::local(Face::Registry)).into()
}

/// Reads a `POST` of a form, to an address with `query` and with that `Authorization`.
pub(super) fn post(
    query: &str,
    authorization: Option<&str>,
    form: &[u8],
) -> Result<Read, MalformedRequest> {
    let mut request = Request::post(format!("/jwt/auth?{query}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let request = request
        .body(Body::from(form.to_vec()))
        .unwrap_or_else(|error| panic!("no request: {error}"));
    let mut reading = pin!(request::by_post(request));
    let mut context = Context::from_waker(Waker::noop());
    match reading.as_mut().poll(&mut context) {
        Poll::Ready(read) => read.map(Read::from),
        Poll::Pending => panic!("a body in memory is there at once"),
    }
}
