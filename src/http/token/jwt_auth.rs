//! `GET /jwt/auth`: where a registry sends its clients.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use serde::Serialize;

use super::{credential, query};
use crate::app::{IssueError, IssuedToken, TokenIssuer, TokenRequest};
use crate::domain::decision::Denial;
use crate::http::layers::{LogNote, Who};

/// The reply that every client understands (protocol.md facts 2 to 5).
#[derive(Debug, Serialize)]
struct TokenReply<'a> {
    token: &'a str,
    /// The same again: some clients read only this one.
    access_token: &'a str,
    expires_in: i64,
    issued_at: String,
    /// What was refused, for people; clients ignore it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    denied: Vec<DeniedAction<'a>>,
}

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
    State(issuer): State<TokenIssuer>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, IssueError> {
    let presented = credential::read(&headers);
    let asked = query::read(raw.as_deref().unwrap_or_default());
    let token = issuer.issue(TokenRequest { presented, asked }).await?;
    Ok(reply(&token))
}

/// Until this service speaks OAuth2: what makes clients fall back to `GET` (protocol.md 4.4).
pub(super) async fn post() -> StatusCode {
    StatusCode::NOT_FOUND
}

fn reply(issued: &IssuedToken) -> Response {
    let body = TokenReply {
        token: &issued.jwt,
        access_token: &issued.jwt,
        expires_in: issued.lifetime.num_seconds(),
        issued_at: issued.issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        denied: issued.decision.denied.iter().map(denied).collect(),
    };
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
    let extensions = response.extensions_mut();
    extensions.insert(Who(issued.principal.subject().to_owned()));
    extensions.insert(LogNote::of_decision(&issued.decision));
    response
}

fn denied(denial: &Denial) -> DeniedAction<'_> {
    DeniedAction {
        kind: denial.resource.kind(),
        name: denial.resource.name(),
        action: denial.action.name(),
        reason: denial.reason.to_string(),
    }
}
