//! The parts of a path that name things.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::domain::namespaces::reference::{Meant, PlaceName};
use crate::http::admin::error::ApiError;

/// The named segments of the path, decoded after routing: `a%2Fb` is one segment, `a/b` (gitlab-api.md 2.5).
#[derive(Debug)]
pub(super) struct Segments<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Segments<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::from_request_parts(parts, state).await;
        // What is no text names nothing.
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| ApiError::not_found(""))
    }
}

/// The `meant` place that a segment names; what can be no name is not there.
pub(super) fn place(meant: Meant, segment: &str) -> Result<PlaceName, ApiError> {
    PlaceName::read(meant, segment).map_err(|_| {
        ApiError::not_found(match meant {
            Meant::Group => "Group",
            Meant::Project => "Project",
            Meant::Shared | Meant::Parent => "Namespace",
        })
    })
}
