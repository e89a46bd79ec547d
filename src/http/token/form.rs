//! Reads the body of a `POST`.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header;

use crate::app::Malformed;

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The form, in chunks or not, with or without a character set behind its kind (protocol.md 1.4).
pub(super) async fn read(request: Request) -> Result<Bytes, Malformed> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Malformed(
            "write the body as application/x-www-form-urlencoded".to_owned(),
        ));
    }
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    body.map_err(|_| Malformed("the body is cut off or longer than 64 KiB".to_owned()))
}
