//! The media type of a request's body.

use axum::http::{HeaderMap, header};

/// The media type in lower case, without parameters such as a character set (RFC 9110 section 8.3.1);
/// empty if there is none.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    let kind = text.and_then(|text| text.split(';').next());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}
