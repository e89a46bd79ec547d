//! The longest that a request may take.

use std::pin::Pin;
use std::time::Duration;

use axum::response::Response;

use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::replies::unavailable::unavailable;
use crate::http::layers::time_limit::within;

/// Gives up a request that takes too long, because a database hangs. The answer stays with the caller, who drops it soon after.
pub(super) async fn keep<A>(deadline: Duration, answer: Pin<&mut A>) -> Response
where
    A: Future<Output = Response>,
{
    within(deadline, answer).await.unwrap_or_else(|| {
        let message = "the request took too long and was given up; try again in a few seconds";
        unavailable(message, LogNote::sentence("given up at the deadline"))
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum::routing::get;

    use super::*;
    use crate::http::layers::frame::frame;
    use crate::http::layers::settings::LayerSettings;

    #[tokio::test]
    async fn a_request_that_hangs_is_given_up_and_told_to_come_back() {
        let settings = LayerSettings {
            deadline: Duration::from_millis(20),
            ..LayerSettings::for_tests()
        };
        let routes = Router::new()
            .route("/", get(std::future::pending::<()>))
            .route("/quick", get(|| async { "quick" }));
        let service = frame(routes, &settings);
        let send = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            service.answer(request, None).await
        };
        let reply = send("/").await;
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers()["retry-after"], "5");
        assert!(reply.headers().contains_key("x-request-id"));
        assert_eq!(send("/quick").await.status(), StatusCode::OK);
    }
}
