//! The origin of a request, as the audit log keeps it.

use axum::http::Extensions;

use crate::domain::events::origin::{Face, Origin};
use crate::http::layers::client::who::Who;

/// The origin of a request to `face` that went through the layers.
pub fn origin(extensions: &Extensions, face: Face) -> Origin {
    Who::of(extensions).origin(face)
}
