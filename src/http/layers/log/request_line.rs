//! The line in the log for one request.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use chrono::{DateTime, Utc};
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

use crate::domain::json::JsonObject;
use crate::domain::timestamp;
use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::log::request_context::RequestContext;
use crate::http::layers::settings::{EndedRequest, LayerSettings};
use crate::http::layers::slashes::AsSent;

/// Longest path that is logged, and longest part of one: secrets are longer.
const LONGEST_PATH: usize = 120;
const LONGEST_SEGMENT: usize = 24;

/// Routes that are requested every few seconds; only the debug log has them.
const PROBES: [&str; 4] = ["/livez", "/readyz", "/readyz/pulls", "/metrics"];

/// The status in the line of a request without reply, because the client went away or the service
/// stopped hard; nginx writes the same.
const NO_REPLY: u16 = 499;

/// The line of a request that is under way; if it is dropped without a reply, it says that.
///
/// It has the route, but never the query or a header, because secrets travel there. A path is only logged if it is
/// unknown, and then shortened.
pub(in crate::http::layers) struct RequestLine<'a> {
    settings: &'a LayerSettings,
    begin: Instant,
    method: &'static str,
    route: Option<RoutePattern>,
    path: Option<String>,
    context: Arc<RequestContext>,
    is_written: bool,
}

/// The pattern of the route that was found, by the router or without it.
enum RoutePattern {
    Matched(MatchedPath),
    Direct(&'static str),
}

/// The line as JSON; the same members as `tracing` would write.
struct JsonLine<'a> {
    timestamp: DateTime<Utc>,
    level: &'static str,
    method: &'static str,
    route: &'a str,
    path: Option<&'a str>,
    status: u16,
    duration_us: i64,
    address: Option<IpAddr>,
    id: &'a str,
    who: &'a str,
    note: &'a str,
    target: &'static str,
}

impl<'a> RequestLine<'a> {
    pub(in crate::http::layers) fn begin(
        (request, pattern): (&Request, Option<&'static str>),
        context: Arc<RequestContext>,
        settings: &'a LayerSettings,
    ) -> Self {
        let extensions = request.extensions();
        let matched = || extensions.get().cloned().map(RoutePattern::Matched);
        let route = pattern.map(RoutePattern::Direct).or_else(matched);
        let sent = extensions.get().map_or(request.uri(), |AsSent(uri)| uri);
        Self {
            settings,
            begin: Instant::now(),
            method: known(request.method()),
            path: route.is_none().then(|| shortened(sent.path())),
            route,
            context,
            is_written: false,
        }
    }

    /// The span of the request, for traces: with its route, and nothing that a caller chose.
    pub(in crate::http::layers) fn span(&self) -> Span {
        let (method, route) = (self.method, self.route());
        tracing::debug_span!(
            "http.request",
            otel.name = format!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method,
            http.route = route,
            http.response.status_code = Empty,
            request.id = %self.context.id.0,
        )
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("none", RoutePattern::as_str)
    }

    /// Writes the line before the reply leaves.
    pub(in crate::http::layers) fn finish(mut self, response: &Response) {
        self.is_written = true;
        let note = response.extensions().get().or(self.context.note.get());
        let (status, note) = (response.status().as_u16(), note.map_or("", LogNote::text));
        match self.context.about_caller.get() {
            None => self.write(status, note),
            Some(remark) if note.is_empty() => self.write(status, remark),
            Some(remark) => self.write(status, &[note, remark].join("; ")),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a line of the log has the system's time, as `tracing` writes it"
    )]
    fn write(&self, status: u16, note: &str) {
        let route = self.route.as_ref().map_or("none", RoutePattern::as_str);
        let (method, took) = (self.method, self.begin.elapsed());
        (self.settings.ended)(EndedRequest {
            method,
            route,
            status,
            took,
        });
        let (is_probe, log) = (PROBES.contains(&route), &self.settings.requests);
        if !is_probe && !log.takes(status) {
            return;
        }
        let path = self.path.as_deref();
        let RequestContext { id, address, .. } = *self.context;
        let who = self.context.caller();
        let mut room = Uuid::encode_buffer();
        let id: &str = id.0.hyphenated().encode_lower(&mut room);
        let duration_us = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.method = method,
                    http.route = route,
                    http.path = path,
                    http.status = status,
                    duration_us,
                    client.address = address.map_or("-".to_owned(), |address| address.to_string()),
                    request.id = id,
                    who,
                    note,
                    "{method} {route} {status} for {who}",
                )
            };
        }
        let put = log.put.as_deref();
        if is_probe {
            line!(debug);
        } else if status >= 500 {
            line!(error);
        } else if let Some(put) = put.filter(|_| tracing::enabled!(tracing::Level::INFO)) {
            let line = JsonLine {
                timestamp: Utc::now(),
                level: "INFO",
                method,
                route,
                path,
                status,
                duration_us,
                address,
                id,
                who,
                note,
                target: module_path!(),
            };
            put(&line.text());
        } else if put.is_none() {
            line!(info);
        }
    }
}

impl RoutePattern {
    fn as_str(&self) -> &str {
        match self {
            Self::Matched(path) => path.as_str(),
            Self::Direct(path) => path,
        }
    }
}

impl JsonLine<'_> {
    fn text(&self) -> Vec<u8> {
        const ROOM: usize = 512;
        let mut text = Vec::with_capacity(ROOM);
        let (method, route, who) = (self.method, self.route, self.who);
        let mut status = itoa::Buffer::new();
        let status = status.format(self.status);
        let mut line = JsonObject::begin(&mut text);
        line.plain_string_by("timestamp", |text| {
            timestamp::write_micros(text, self.timestamp);
        });
        line.plain_string("level", self.level);
        line.joined_string("message", &[method, " ", route, " ", status, " for ", who]);
        line.plain_string("http.method", method);
        line.string("http.route", route);
        if let Some(path) = self.path {
            line.string("http.path", path);
        }
        line.integer("http.status", self.status.into());
        line.integer("duration_us", self.duration_us);
        line.plain_string_by("client.address", |text| write_address(text, self.address));
        line.plain_string("request.id", self.id);
        line.string("who", who);
        line.string("note", self.note);
        line.plain_string("target", self.target);
        line.end();
        text.push(b'\n');
        text
    }
}

/// Writes an address; one of IPv4 octet by octet, which takes a fraction of what formatting does.
fn write_address(text: &mut Vec<u8>, address: Option<IpAddr>) {
    match address {
        Some(IpAddr::V4(address)) => {
            for (position, octet) in address.octets().into_iter().enumerate() {
                if position > 0 {
                    text.push(b'.');
                }
                text.extend_from_slice(itoa::Buffer::new().format(octet).as_bytes());
            }
        }
        Some(IpAddr::V6(address)) => text.extend_from_slice(address.to_string().as_bytes()),
        None => text.push(b'-'),
    }
}

impl Drop for RequestLine<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            // A defect here must not end the process: this may be called while another one unwinds.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                self.write(NO_REPLY, "cut off before the reply");
            }));
        }
    }
}

/// The method, if it is one of HTTP's; callers may write anything there.
fn known(method: &Method) -> &'static str {
    let usual = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    usual
        .into_iter()
        .find(|name| *name == method.as_str())
        .unwrap_or("other")
}

/// A path that is not a route, without its long parts and its end.
fn shortened(path: &str) -> String {
    let is_short = |part: &str| part.len() <= LONGEST_SEGMENT && part.is_ascii();
    let parts = path
        .split('/')
        .map(|part| if is_short(part) { part } else { "…" });
    let mut short = String::new();
    for part in parts {
        if short.len() + part.len() > LONGEST_PATH {
            short.push('…');
            break;
        }
        short.push_str(part);
        short.push('/');
    }
    short.pop();
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_print_themselves() {
        for address in [
            "0.0.0.0",
            "203.0.113.7",
            "255.10.0.1",
            "::1",
            "2001:db8::7",
            "::ffff:203.0.113.7",
        ] {
            let mut text = Vec::new();
            write_address(&mut text, Some(address.parse().unwrap()));
            assert_eq!(String::from_utf8(text).unwrap(), address);
        }
        let mut text = Vec::new();
        write_address(&mut text, None);
        assert_eq!(text, b"-");
    }
}
