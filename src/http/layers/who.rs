//! The caller of a request, for the log.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;

use crate::http::layers::request_context::RequestContext;

/// A slot for the caller's name. A face writes the name into it as soon as it is known, so that the log has it
/// even if the request is refused or cut off afterwards.
#[derive(Debug, Clone)]
pub struct Who(Option<Arc<RequestContext>>);

impl Who {
    /// The slot of the request with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        Self(extensions.get().cloned())
    }

    /// Notes the caller's name, which is empty for an anonymous caller; the first one counts.
    pub fn is(&self, name: &str) {
        if let Some(request) = &self.0 {
            request.note_caller(name);
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
