//! An id for every request, to find its line in the log.

use axum::http::{HeaderName, HeaderValue};

use crate::domain::entropy::Entropy;

/// The id of a request. It is always ours, whatever the client sent, so that it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// The header of replies that has it.
    pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self(entropy.id().to_string())
    }

    pub(super) fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}
