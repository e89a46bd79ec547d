//! One line in the log for every request.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Takes a line of JSON, with its end.
type PutLine = dyn Fn(&[u8]) + Send + Sync;

/// The log of requests. Clones count together.
#[derive(Clone)]
pub struct RequestLog {
    /// One of so many successes is logged; none at all without a number.
    successes: Option<NonZeroU32>,
    count: Arc<AtomicU32>,
    /// The way of lines of JSON past `tracing`, which would take longer for one line than everything around it; without it,
    /// lines go that way.
    pub(super) put: Option<Arc<PutLine>>,
}

impl RequestLog {
    /// Logs one of so many successes, or none, and everything else.
    pub fn new(successes: Option<NonZeroU32>) -> Self {
        Self {
            successes,
            count: Arc::default(),
            put: None,
        }
    }

    /// The same log, whose lines of level INFO are put as JSON.
    #[must_use]
    pub fn putting(self, put: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self {
            put: Some(Arc::new(put)),
            ..self
        }
    }

    /// True if a request with that status is logged.
    pub(in crate::http::layers) fn takes(&self, status: u16) -> bool {
        if status >= 400 {
            return true;
        }
        self.successes.is_some_and(|successes| {
            // All requests share the count, so that it is left alone where each is logged.
            successes == NonZeroU32::MIN || {
                let earlier = self.count.fetch_add(1, Ordering::Relaxed);
                earlier.is_multiple_of(successes.get())
            }
        })
    }
}

impl Default for RequestLog {
    fn default() -> Self {
        Self::new(Some(NonZeroU32::MIN))
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog")
            .field("successes", &self.successes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;
    use std::time::Duration;

    use axum::Router;
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum::response::Response;
    use axum::routing::get;

    use super::*;
    use crate::http::layers::frame::frame;
    use crate::http::layers::settings::LayerSettings;

    fn settings(requests: RequestLog) -> LayerSettings {
        LayerSettings {
            requests,
            ..LayerSettings::for_tests()
        }
    }

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

    /// Does `work`, whose log `subscriber` takes.
    fn logged_to(subscriber: impl Into<tracing::Dispatch>, work: impl Future<Output = ()>) {
        // A second subscriber. With one alone, the first thread that reaches the line's place in the code
        // might be one without a subscriber, and would switch the line off for all.
        let _bystander = tracing::Dispatch::new(tracing_subscriber::registry());
        tracing::dispatcher::with_default(&subscriber.into(), || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(work);
        });
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
        let stuck = |_, _| std::future::pending::<Response>();
        let service = frame(routes, &settings(RequestLog::default())).with_direct("/direct", stuck);
        logged_to(subscriber, async {
            for path in [
                "/quick?secret=1",
                "/stuck?secret=2",
                "/direct?secret=3",
                "/none?secret=4",
            ] {
                let request = Request::get(path)
                    .header("authorization", "secret")
                    .body(Body::empty())
                    .unwrap();
                let answer = service.answer(request, None);
                let _ = tokio::time::timeout(Duration::from_millis(20), answer).await;
            }
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
                "\"GET /direct 499 for -\"",
                "\"GET none 404 for -\""
            ]
        );
        assert!(!text.contains("secret"));
    }

    /// The lines that are put for these requests, without what differs each time.
    fn put(requests: RequestLog, paths: &[&str]) -> Vec<serde_json::Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let taking = Arc::clone(&lines);
        let requests = requests.putting(move |line| {
            assert_eq!(line.last(), Some(&b'\n'));
            taking
                .lock()
                .unwrap()
                .push(serde_json::from_slice(line).unwrap());
        });
        let routes = Router::new()
            .route("/quick", get(|| async { "" }))
            .route("/wrong", get(|| async { StatusCode::NOT_FOUND }));
        let direct = async |_, _| Response::new(Body::empty());
        let service = frame(routes, &settings(requests)).with_direct("/direct", direct);
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::sink)
            .finish();
        logged_to(subscriber, async {
            for path in paths {
                let request = Request::get(*path).body(Body::empty()).unwrap();
                service.answer(request, None).await;
            }
        });
        let lines: Vec<serde_json::Value> = lines.lock().unwrap().clone();
        lines
    }

    #[test]
    fn lines_that_are_put_have_what_the_others_have() {
        let lines = put(RequestLog::default(), &["/quick?secret", "/none/%22x"]);
        let mut line = lines[0].clone();
        for varying in ["timestamp", "duration_us"] {
            assert!(line.as_object_mut().unwrap().remove(varying).is_some());
        }
        let expected = serde_json::json!({
            "level": "INFO", "message": "GET /quick 200 for -", "http.method": "GET", "http.route": "/quick",
            "http.status": 200, "client.address": "-", "request.id": "00000000-0000-4000-8000-000000000000",
            "who": "-", "note": "", "target": "wharfinger::http::layers::log::request_line",
        });
        assert_eq!(line, expected);
        assert_eq!(lines[1]["http.path"], "/none/%22x");
        let direct = put(RequestLog::default(), &["/direct?secret"]).remove(0);
        let members = |line: &serde_json::Value| {
            let members = line.as_object().unwrap();
            members.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(members(&direct), members(&lines[0]));
        assert_eq!(direct["message"], "GET /direct 200 for -");
        assert_eq!(direct["http.route"], "/direct");
    }

    #[test]
    fn successes_are_left_out_as_is_wanted_and_failures_never_are() {
        let paths = ["/quick", "/wrong", "/quick", "/quick", "/wrong", "/quick"];
        for (successes, expected) in [(None, 2), (NonZeroU32::new(2), 4), (NonZeroU32::new(1), 6)] {
            let lines = put(RequestLog::new(successes), &paths);
            let failures = lines.iter().filter(|line| line["http.status"] == 404);
            assert_eq!(
                (lines.len(), failures.count()),
                (expected, 2),
                "{successes:?}"
            );
        }
    }
}
