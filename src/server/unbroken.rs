//! Requests that go on when their client goes away.

use std::panic::resume_unwind;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Runs the requests that may write as tasks of their own, which a stop waits for. Logins at the token endpoint see to that
/// themselves (`RegistryTokenIssuer::issue`).
///
/// A client that hangs up, and the deadline, end the wait for the reply, never the work: a change that is
/// dropped between its statements leaves a connection behind that no other change can use.
pub(super) fn unbroken(routes: Router, tasks: &TaskTracker) -> Router {
    routes.layer(from_fn_with_state(tasks.clone(), run))
}

async fn run(State(tasks): State<TaskTracker>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let task = tasks.spawn(next.run(request).in_current_span());
    match task.await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // The layers outside make the reply to a panic.
            Ok(panic) => resume_unwind(panic),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::Method;
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_may_write_goes_on_without_its_client() {
        let finished = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&finished);
        let slow = async move || {
            tokio::time::sleep(Duration::from_millis(20)).await;
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let tasks = TaskTracker::new();
        let routes = unbroken(Router::new().route("/", any(slow)), &tasks);
        let hang_up = async |request: axum::http::request::Builder| {
            let request = request.uri("/").body(Body::empty()).unwrap();
            let answer = routes.clone().oneshot(request);
            let begun = tokio::time::timeout(Duration::from_millis(1), answer).await;
            assert!(begun.is_err(), "it answered before the client hung up");
        };
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            hang_up(Request::builder().method(method)).await;
        }
        // A request that only reads is dropped.
        hang_up(Request::get("/")).await;
        tasks.close();
        tasks.wait().await;
        assert_eq!(finished.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn a_panic_comes_through() {
        let routes = Router::new().route("/", any(async || -> () { panic!("on purpose") }));
        let routes = unbroken(routes, &TaskTracker::new());
        let request = Request::post("/").body(Body::empty()).unwrap();
        let answer = tokio::task::JoinSet::from_iter([routes.oneshot(request)])
            .join_next()
            .await;
        assert!(answer.unwrap().unwrap_err().is_panic());
    }
}
