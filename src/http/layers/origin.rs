//! The origin of a request, as the audit log keeps it.

use axum::http::Extensions;

use super::client_address::ClientAddress;
use super::request_id::RequestId;
use crate::domain::events::origin::{Face, Origin};

/// The origin of a request to `face` that went through the layers.
pub fn origin(extensions: &Extensions, face: Face) -> Origin {
    Origin {
        face,
        address: extensions.get::<ClientAddress>().map(|address| address.0),
        request_id: extensions.get::<RequestId>().map(|id| id.0.clone()),
    }
}
