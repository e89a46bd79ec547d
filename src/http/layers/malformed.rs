//! Requests that break rules of HTTP at which hyper does not look.

use axum::Json;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version, header};
use axum::response::{IntoResponse, Response};

use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::replies::distribution_error::DistributionError;

/// The most header fields, as hyper has it for HTTP/1.1: by its tables, a client of HTTP/2 sends one in a byte.
const MAX_FIELDS: usize = 100;
/// The port of HTTPS, the one scheme of HTTP/2 here.
const HTTPS: u16 = 443;

/// The reply to a request that has too many fields, or does not name one host.
pub(super) fn refusal(request: &Request) -> Option<Response> {
    let (status, message) = if request.headers().len() > MAX_FIELDS {
        let message = "a request has at most 100 header fields";
        (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message)
    } else if names_one_host(request) {
        return None;
    } else {
        let message =
            "a request names one host: send one field Host, such as `Host: auth.example.com:5001`";
        (StatusCode::BAD_REQUEST, message)
    };
    let body = DistributionError::new("UNSUPPORTED", message).for_all_clients();
    let mut response = (status, Json(body)).into_response();
    let note = LogNote::sentence(message);
    response.extensions_mut().insert(note);
    Some(response)
}

/// True if a request names one host, as it must (RFC 9112 section 3.2, RFC 9113 section 8.3.1): a proxy that reads another one of two
/// would judge another request than we do.
fn names_one_host(request: &Request) -> bool {
    let mut fields = request.headers().get_all(header::HOST).iter();
    let (target, version) = (request.uri().authority(), request.version());
    match (fields.next(), fields.next()) {
        (None, _) if version == Version::HTTP_2 => target.is_some(),
        (None, _) => version < Version::HTTP_11,
        (Some(_), Some(_)) => false,
        // Over HTTP/1.1, the host of an absolute address counts in the place of the field's.
        (Some(field), None) if version < Version::HTTP_2 => {
            field.is_empty() || authority(field.as_bytes()).is_some()
        }
        (Some(field), None) => authority(field.as_bytes())
            .is_some_and(|field| target.is_none_or(|target| is_same(target, &field))),
    }
}

/// The host and perhaps the port of a field, which has nothing else (RFC 9110 section 7.2).
fn authority(field: &[u8]) -> Option<Authority> {
    let authority = Authority::try_from(field).ok()?;
    let port = authority.as_str().strip_prefix(authority.host())?;
    let is_port = |port: &str| port.bytes().all(|digit| digit.is_ascii_digit());
    let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (is_whole && !authority.host().is_empty()).then_some(authority)
}

fn is_same(one: &Authority, other: &Authority) -> bool {
    let port = |authority: &Authority| authority.port_u16().unwrap_or(HTTPS);
    one.host().eq_ignore_ascii_case(other.host()) && port(one) == port(other)
}
