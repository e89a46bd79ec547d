//! The caller of a request, as a face and the layers know them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;

use crate::domain::events::origin::{Face, Origin};
use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::log::request_context::RequestContext;

/// The caller of a request, for the log, and where they came from. A face notes the name as soon as it is known, so that the log
/// has it even if the request is refused or cut off afterwards.
#[derive(Debug, Clone)]
pub struct Who(Option<Arc<RequestContext>>);

impl Who {
    /// The caller of the request with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        Self(extensions.get().cloned())
    }

    /// The caller of the request with that context.
    pub(in crate::http::layers) fn in_context(context: Arc<RequestContext>) -> Self {
        Self(Some(context))
    }

    /// The origin of the request to `face`, as the audit log keeps it.
    pub fn origin(&self, face: Face) -> Origin {
        Origin {
            face,
            address: self.0.as_ref().and_then(|request| request.address),
            request_id: self.0.as_ref().map(|request| request.id.0),
        }
    }

    /// Notes the caller's name, which is empty for an anonymous caller; the first one counts.
    pub fn is(&self, name: &str) {
        if let Some(request) = &self.0 {
            request.note_caller(name);
        }
    }

    /// Adds a remark about the caller, which stands behind any other one.
    pub fn add(&self, remark: &'static str) {
        if let Some(request) = &self.0 {
            request.about_caller.get_or_init(|| remark);
        }
    }

    /// Notes a remark, unless there is one; a remark in the reply goes before it.
    pub fn note(&self, note: LogNote) {
        if let Some(request) = &self.0 {
            request.note.get_or_init(|| note);
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
