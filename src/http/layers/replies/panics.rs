//! The reply to a request that made us panic.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::layers::replies::distribution_error::DistributionError;

/// The reply in place of the one that a panic cut off; the panic itself is in the log.
pub(in crate::http::layers) fn reply() -> Response {
    let message = "the service failed; its log says why, under this reply's X-Request-Id";
    let body = DistributionError::new("UNKNOWN", message).for_all_clients();
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::reply;

    #[tokio::test]
    async fn gitlabs_clients_find_the_sentence_too() {
        let body = axum::body::to_bytes(reply().into_body(), 4096).await;
        let body: serde_json::Value = serde_json::from_slice(&body.unwrap()).unwrap();
        assert_eq!(body["message"], body["errors"][0]["message"]);
        assert!(body["message"].is_string());
    }
}
