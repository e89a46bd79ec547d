//! One line in the log for every request.

use std::error::Error;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::decision::Decision;
use crate::http::layers::client_address::ClientAddress;
use crate::http::layers::request_id::RequestId;

/// The caller's name for the log; a face puts it into its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who(pub String);

/// A remark for the log; a face puts it into its reply.
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

    /// The granted and the refused actions.
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

/// Writes the line before the reply leaves. It has the route, but never the path, the query or a header,
/// because secrets travel there.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let line = Line::begin(&request);
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
    method: Method,
    route: Option<MatchedPath>,
    address: Option<ClientAddress>,
    id: Option<RequestId>,
    is_written: bool,
}

impl Line {
    fn begin(request: &Request) -> Self {
        let extensions = request.extensions();
        Self {
            begin: Instant::now(),
            method: request.method().clone(),
            route: extensions.get().cloned(),
            address: extensions.get().copied(),
            id: extensions.get().cloned(),
            is_written: false,
        }
    }

    fn finish(mut self, response: &Response) {
        let who = response
            .extensions()
            .get::<Who>()
            .map_or("-", |who| who.0.as_str());
        let who = if who.is_empty() { "anonymous" } else { who };
        let note = response
            .extensions()
            .get::<LogNote>()
            .map_or("", |note| note.0.as_str());
        self.write(response.status().as_u16(), who, note);
    }

    fn write(&mut self, status: u16, who: &str, note: &str) {
        self.is_written = true;
        let method = &self.method;
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let address = self
            .address
            .map_or("-".to_owned(), |address| address.0.to_string());
        let id = self.id.as_ref().map_or("-", |id| id.0.as_str());
        let duration_us = u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.method = %method, http.route = route, http.status = status, duration_us,
                    client.address = address, request.id = id, who, note,
                    "{method} {route} {status} for {who}",
                )
            };
        }
        if status >= 500 {
            line!(error);
        } else {
            line!(info);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_written {
            self.write(NO_REPLY, "-", "cut off before the reply");
        }
    }
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
