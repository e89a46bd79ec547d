//! An id for every request, to find its line in the log.

use axum::http::{HeaderName, HeaderValue};
use uuid::Uuid;

use crate::domain::entropy::Entropy;

/// The id of a request. It is always ours, whatever the client sent, so that it is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::layers) struct RequestId(pub(in crate::http::layers) Uuid);

impl RequestId {
    /// The header of replies that has it.
    pub(in crate::http::layers) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    pub(in crate::http::layers) fn new(entropy: &dyn Entropy) -> Self {
        Self(entropy.id())
    }

    pub(in crate::http::layers) fn to_header(self) -> HeaderValue {
        let mut room = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut room);
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
    }
}
