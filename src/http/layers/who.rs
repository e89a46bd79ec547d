//! The caller of a request, for the log.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// A slot for the caller's name. A face writes the name into it as soon as it is known, so that the log has it
/// even if the request is refused or cut off afterwards.
#[derive(Debug, Clone, Default)]
pub struct Who(Arc<OnceLock<String>>);

impl Who {
    /// Notes the caller's name, which is empty for an anonymous caller; the first one counts.
    pub fn is(&self, name: &str) {
        let name = if name.is_empty() { "anonymous" } else { name };
        self.0.get_or_init(|| name.to_owned());
    }

    /// The name, or a dash for an unknown caller.
    pub(super) fn name(&self) -> &str {
        self.0.get().map_or("-", String::as_str)
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
