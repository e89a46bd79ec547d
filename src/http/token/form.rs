//! Reads the body of a `POST`.

use axum::body::Bytes;
use axum::extract::Request;

use crate::app::registry::MalformedRequest;
use crate::http::layers::{media_type, read_body};

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Reads a form, in chunks or not, with or without a character set after the media type (docs/protocol.md §1.4).
pub(super) async fn read(request: Request) -> Result<Bytes, MalformedRequest> {
    if media_type(request.headers()) != "application/x-www-form-urlencoded" {
        return Err(MalformedRequest(
            "write the body as application/x-www-form-urlencoded".to_owned(),
        ));
    }
    let body = read_body(request.into_body(), MAX_BODY).await;
    body.map_err(|error| MalformedRequest(error.to_string()))
}
