//! An id for every request, to find its line in the log.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::domain::entropy::random_bytes;
use crate::http::layers::settings::LayerSettings;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request. It is always ours, whatever the client sent, so that it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

pub(super) async fn assign(
    State(settings): State<LayerSettings>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = uuid::Builder::from_random_bytes(random_bytes(&*settings.entropy)).into_uuid();
    request.extensions_mut().insert(RequestId(id.to_string()));
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(X_REQUEST_ID, header_value(id));
    response
}

fn header_value(id: Uuid) -> HeaderValue {
    HeaderValue::from_str(&id.to_string()).unwrap_or(HeaderValue::from_static(""))
}
