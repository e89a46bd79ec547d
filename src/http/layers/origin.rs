//! The origin of a request, as the audit log keeps it.

use std::sync::Arc;

use axum::http::Extensions;

use crate::domain::events::origin::{Face, Origin};
use crate::http::layers::request_context::RequestContext;

/// The origin of a request to `face` that went through the layers.
pub fn origin(extensions: &Extensions, face: Face) -> Origin {
    let request = extensions.get::<Arc<RequestContext>>();
    Origin {
        face,
        address: request.and_then(|request| request.address),
        request_id: request.map(|request| request.id.0),
    }
}
