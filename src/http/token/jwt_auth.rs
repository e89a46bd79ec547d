//! `/jwt/auth`: the endpoint to which a registry sends its clients.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::app::registry::{IssueError, IssuedRegistryToken, RegistryTokenIssuer};
use crate::domain::decision::Denial;
use crate::domain::decision::principal::Principal;
use crate::domain::events::origin::Face;
use crate::http::layers::{LogNote, Who, origin};
use crate::http::token::cors::FromPage;
use crate::http::token::error::unauthorized;
use crate::http::token::request;

/// The members of a reply beside the token (docs/protocol.md §0.2 to §0.5).
#[derive(Debug, Serialize)]
struct Accompanying<'a> {
    expires_in: i64,
    issued_at: String,
    /// The secret to present next time instead of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// The granted scopes, as OAuth2 wants them (RFC 6749 section 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The refused actions with reasons, for people; clients ignore them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    denied: Vec<DeniedAction<'a>>,
    /// The number of refused actions that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    denied_more: usize,
}

/// The longest list of refused actions, in bytes: a reply stays far below what clients read.
const LONGEST_DENIED: usize = 8 * 1024;
/// The bytes of one of its entries beside name and reason.
const ENTRY: usize = 64;

#[derive(Debug, Serialize)]
struct DeniedAction<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    action: &'a str,
    reason: String,
}

/// Answers with a token for what is asked and allowed.
pub(super) async fn get(
    State(issuer): State<Arc<RegistryTokenIssuer>>,
    who: Who,
    request: Request,
) -> Result<Response, IssueError> {
    let is_of_page = request.extensions().get::<FromPage>().is_some();
    let request = request::by_get(
        request.uri().query().unwrap_or_default(),
        request.headers(),
        origin(request.extensions(), Face::Registry),
    );
    let token = issuer.issue(request).await?;
    who.is(token.principal.subject());
    if is_of_page && token.principal == Principal::Anonymous && token.decision.granted.is_empty() {
        // The browser then asks its user for a name and a password, and the page sends them.
        return Ok(login_wanted());
    }
    Ok(reply(&token, None))
}

fn login_wanted() -> Response {
    let mut response = unauthorized();
    let note =
        LogNote::sentence("a web page asked without a credential, and would be granted nothing");
    response.extensions_mut().insert(note);
    response
}

/// The same as OAuth2, in a form.
pub(super) async fn post(
    State(issuer): State<Arc<RegistryTokenIssuer>>,
    who: Who,
    request: Request,
) -> Result<Response, IssueError> {
    let token = issuer.issue(request::by_post(request).await?).await?;
    who.is(token.principal.subject());
    let granted: Vec<String> = token
        .decision
        .granted
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(reply(&token, Some(granted.join(" "))))
}

fn reply(issued: &IssuedRegistryToken, scope: Option<String>) -> Response {
    let denied = as_many_as_fit(&issued.decision.denied);
    let accompanying = Accompanying {
        expires_in: issued.lifetime.num_seconds(),
        issued_at: issued.issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        refresh_token: issued
            .refresh_token
            .as_ref()
            .map(ExposeSecret::expose_secret),
        scope,
        denied_more: issued.decision.denied.len() - denied.len(),
        denied,
    };
    let Ok(body) = body(&issued.jwt, &accompanying) else {
        // Only a defect of ours would make it fail.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = (headers, body).into_response();
    let note = LogNote::of_decision(&issued.decision);
    response.extensions_mut().insert(note);
    response
}

/// A JSON object with the token twice, because some clients read only `access_token`. A token is its largest part
/// and has no letter that JSON would escape, so it is copied as it is.
fn body(jwt: &str, accompanying: &Accompanying<'_>) -> serde_json::Result<Vec<u8>> {
    const ROOM: usize = 256;
    let mut body = Vec::with_capacity(2 * jwt.len() + ROOM);
    for part in [r#"{"token":""#, jwt, r#"","access_token":""#, jwt, "\""] {
        body.extend_from_slice(part.as_bytes());
    }
    let begin = body.len();
    serde_json::to_writer(&mut body, accompanying)?;
    // The members go on where the second object would begin.
    if let Some(brace) = body.get_mut(begin) {
        *brace = b',';
    }
    Ok(body)
}

fn as_many_as_fit(denials: &[Denial]) -> Vec<DeniedAction<'_>> {
    let mut room = LONGEST_DENIED;
    let fits = |denied: &DeniedAction<'_>| {
        let left = room.checked_sub(ENTRY + denied.name.len() + denied.reason.len());
        room = left.unwrap_or_default();
        left.is_some()
    };
    denials.iter().map(denied).take_while(fits).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over so"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn denied(denial: &Denial) -> DeniedAction<'_> {
    DeniedAction {
        kind: denial.resource.kind(),
        name: denial.resource.name(),
        action: denial.action.name(),
        reason: denial.reason.to_string(),
    }
}
