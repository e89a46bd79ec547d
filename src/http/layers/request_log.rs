//! One line in the log for every request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::http::layers::client_address::ClientAddress;
use crate::http::layers::log_note::LogNote;
use crate::http::layers::request_id::RequestId;
use crate::http::layers::slashes::AsSent;
use crate::http::layers::who::Who;

/// Longest path that is logged, and longest part of one: secrets are longer.
const LONGEST_PATH: usize = 120;
const LONGEST_SEGMENT: usize = 24;

/// Routes that are requested every few seconds; only the debug log has them.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// Writes the line before the reply leaves. It has the route, but never the query or a header, because
/// secrets travel there. A path is only logged if it is unknown, and then shortened.
pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let line = Line::begin(&request);
    request.extensions_mut().insert(line.who.clone());
    let response = next.run(request).await;
    line.finish(&response);
    response
}

/// The status in the line of a request without reply, because the client went away or the service
/// stopped hard; nginx writes the same.
const NO_REPLY: u16 = 499;

/// The line of a request that is under way; if it is dropped without a reply, it says that.
struct Line {
    begin: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
    path: Option<String>,
    address: Option<ClientAddress>,
    id: Option<RequestId>,
    who: Who,
    is_written: bool,
}

impl Line {
    fn begin(request: &Request) -> Self {
        let extensions = request.extensions();
        let route: Option<MatchedPath> = extensions.get().cloned();
        let sent = extensions.get().map_or(request.uri(), |AsSent(uri)| uri);
        Self {
            begin: Instant::now(),
            method: known(request.method()),
            path: route.is_none().then(|| shortened(sent.path())),
            route,
            address: extensions.get().copied(),
            id: extensions.get().cloned(),
            who: Who::default(),
            is_written: false,
        }
    }

    fn finish(mut self, response: &Response) {
        let note = response.extensions().get().map_or("", LogNote::text);
        self.write(response.status().as_u16(), note);
    }

    fn write(&mut self, status: u16, note: &str) {
        self.is_written = true;
        let (method, who, path) = (self.method, self.who.name(), self.path.as_deref());
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let address = self
            .address
            .map_or("-".to_owned(), |address| address.0.to_string());
        let id = self.id.as_ref().map_or("-", |id| id.0.as_str());
        let duration_us = u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.method = method,
                    http.route = route,
                    http.path = path,
                    http.status = status,
                    duration_us,
                    client.address = address,
                    request.id = id,
                    who,
                    note,
                    "{method} {route} {status} for {who}",
                )
            };
        }
        if PROBES.contains(&route) {
            line!(debug);
        } else if status >= 500 {
            line!(error);
        } else {
            line!(info);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_written {
            self.write(NO_REPLY, "cut off before the reply");
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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_request_has_one_line_also_one_that_is_cut_off() {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let routes = Router::new()
            .route("/quick", get(|| async { "" }))
            .route("/stuck", get(std::future::pending::<()>));
        let service = routes.layer(axum::middleware::from_fn(log));
        // A second subscriber. With one alone, the first thread that reaches the line's place in the code
        // might be one without a subscriber, and would switch the line off for all.
        let _bystander = tracing::Dispatch::new(tracing_subscriber::registry());
        tracing::subscriber::with_default(subscriber, || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                for path in ["/quick?secret=1", "/stuck?secret=2", "/none?secret=3"] {
                    let request = Request::get(path)
                        .header("authorization", "secret")
                        .body(Body::empty())
                        .unwrap();
                    let answer = service.clone().oneshot(request);
                    let _ =
                        tokio::time::timeout(std::time::Duration::from_millis(20), answer).await;
                }
            });
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        let messages: Vec<String> = text
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["fields"]["message"]
                    .to_string()
            })
            .collect();
        assert_eq!(
            messages,
            [
                "\"GET /quick 200 for -\"",
                "\"GET /stuck 499 for -\"",
                "\"GET none 404 for -\""
            ]
        );
        assert!(!text.contains("secret"));
    }
}
