//! `/jwt/auth`: the endpoint to which a registry sends its clients.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use secrecy::ExposeSecret;

use crate::app::registry::{IssueError, IssuedRegistryToken, RegistryTokenIssuer};
use crate::domain::decision::Denial;
use crate::domain::decision::principal::Principal;
use crate::domain::events::origin::Face;
use crate::domain::json::{JsonObject, write_list};
use crate::domain::timestamp;
use crate::http::layers::{LogNote, Who};
use crate::http::token::cors::FromPage;
use crate::http::token::request;

/// The longest list of refused actions, in bytes: a reply stays below what clients read.
const LONGEST_DENIED: usize = 8 * 1024;
/// The bytes of one of its entries beside name and reason.
const ENTRY: usize = 64;

struct DeniedAction<'a> {
    kind: &'a str,
    name: &'a str,
    action: &'a str,
    reason: String,
}

/// Answers with a token for what is asked and allowed. The request is read at once: a future that holds it would be larger.
#[expect(
    clippy::needless_pass_by_value,
    reason = "axum gives a handler its request so"
)]
pub(super) fn get(
    State(issuer): State<Arc<RegistryTokenIssuer>>,
    who: Who,
    request: Request,
) -> impl Future<Output = Result<Response, IssueError>> {
    let is_of_page = request.extensions().get::<FromPage>().is_some();
    let is_head = *request.method() == Method::HEAD;
    let mut request = request::by_get(
        request.uri().query().unwrap_or_default(),
        request.headers(),
        who.origin(Face::Registry),
    );
    if let Ok(asked) = &mut request.asked {
        asked.by_page = is_of_page;
        // Nobody would get the refresh token.
        asked.offline &= !is_head;
    }
    async move {
        let token = issuer.issue(request, noting(&who)).await?;
        Ok(reply(&who, &token, None))
    }
}

/// Notes the caller for the log.
fn noting(who: &Who) -> impl Fn(&Principal) + use<> {
    let who = who.clone();
    move |caller| {
        who.is(caller.subject());
        if caller.is_named_otherwise() {
            // The name itself is not logged: people put tokens into the wrong field.
            who.add("the token came beside another name than its owner's");
        }
    }
}

/// Answers a `POST`, as OAuth2 has it: credential and question are in a form, and the reply has the granted `scope` (RFC 6749 section 5.1).
pub(super) async fn post(
    State(issuer): State<Arc<RegistryTokenIssuer>>,
    who: Who,
    request: Request,
) -> Result<Response, IssueError> {
    let request = request::by_post(request).await;
    let request = request.map_err(|malformed| issuer.refuse(malformed))?;
    let token = issuer.issue(request, noting(&who)).await?;
    let granted: Vec<String> = token
        .decision
        .granted
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(reply(&who, &token, Some(&granted.join(" "))))
}

fn reply(who: &Who, issued: &IssuedRegistryToken, scope: Option<&str>) -> Response {
    let mut response = Response::new(Body::from(body(issued, scope)));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    who.note(LogNote::of_decision(&issued.decision));
    response
}

/// The members of a reply (docs/protocol.md §0.2 to §0.5): the token twice, because some clients read only `access_token`, and
/// what goes with it.
fn body(issued: &IssuedRegistryToken, scope: Option<&str>) -> Vec<u8> {
    const ROOM: usize = 256;
    let mut text = Vec::with_capacity(2 * issued.jwt.len() + ROOM);
    let mut reply = JsonObject::begin(&mut text);
    reply.plain_string("token", &issued.jwt);
    reply.plain_string("access_token", &issued.jwt);
    reply.integer("expires_in", issued.lifetime.num_seconds());
    reply.plain_string_by("issued_at", |text| {
        timestamp::write_seconds(text, issued.issued_at);
    });
    if let Some(secret) = &issued.refresh_token {
        // The secret to present next time instead of the password.
        reply.string("refresh_token", secret.expose_secret());
    }
    if let Some(scope) = scope {
        // The granted scopes, as OAuth2 wants them (RFC 6749 section 5.1).
        reply.string("scope", scope);
    }
    write_denied(&mut reply, &issued.decision.denied);
    reply.end();
    text
}

/// Writes the refused actions with their reasons, for people; clients ignore them. What does not fit is counted.
fn write_denied(reply: &mut JsonObject<'_>, denials: &[Denial]) {
    let denied = as_many_as_fit(denials);
    if !denied.is_empty() {
        write_list(reply.member("denied"), &denied, |text, denied| {
            let mut entry = JsonObject::begin(text);
            entry.string("type", denied.kind);
            entry.string("name", denied.name);
            entry.string("action", denied.action);
            entry.string("reason", &denied.reason);
            entry.end();
        });
    }
    let more = denials.len() - denied.len();
    if more > 0 {
        reply.integer("denied_more", i64::try_from(more).unwrap_or(i64::MAX));
    }
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

fn denied(denial: &Denial) -> DeniedAction<'_> {
    DeniedAction {
        kind: denial.resource.kind(),
        name: denial.resource.name(),
        action: denial.action.name(),
        reason: denial.reason.to_string(),
    }
}
