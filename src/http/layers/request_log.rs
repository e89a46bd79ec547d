//! One line in the log for every request.

use std::error::Error;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::client_address::ClientAddress;
use super::request_id::RequestId;
use crate::domain::decision::Decision;

/// Who asked; a face puts it into its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who(pub String);

/// What else the log should say; a face puts it into its reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogNote(pub String);

impl LogNote {
    /// An error with its causes, each once.
    pub fn of_error(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        Self(text)
    }

    /// What was granted and what was not.
    pub fn of_decision(decision: &Decision) -> Self {
        let granted = decision
            .granted
            .iter()
            .map(|scope| format!("granted {scope}"));
        let denied = decision.denied.iter().map(|denial| {
            let (kind, name) = (denial.resource.kind(), denial.resource.name());
            format!("denied {kind}:{name}:{} ({})", denial.action, denial.reason)
        });
        Self(granted.chain(denied).collect::<Vec<_>>().join("; "))
    }
}

/// Never the query and never a header: secrets travel there.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    let address = request.extensions().get::<ClientAddress>().copied();
    let address = address.map_or("-".to_owned(), |address| address.0.to_string());
    let response = next.run(request).await;
    let status = response.status();
    let who = response
        .extensions()
        .get::<Who>()
        .map_or("-", |who| who.0.as_str());
    let who = if who.is_empty() { "anonymous" } else { who };
    let note = response
        .extensions()
        .get::<LogNote>()
        .map_or("", |note| note.0.as_str());
    let duration = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                http.method = %method, http.route = route, http.status = status.as_u16(),
                duration_us = duration, client.address = address, request.id = id, who, note,
                "{method} {route} {} for {who}", status.as_u16(),
            )
        };
    }
    if status.is_server_error() {
        line!(error);
    } else {
        line!(info);
    }
    response
}
