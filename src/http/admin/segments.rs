//! The segments of a path that name things.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::http::admin::error::ApiError;

/// The named segments of the path, decoded after routing: `a%2Fb` is one segment, `a/b` (docs/gitlab-api.md §2.5).
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
        // A segment that is not UTF-8 names nothing.
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| ApiError::not_found(""))
    }
}

/// The namespace that a segment names; a segment that cannot be a name is 404.
pub(super) fn namespace(
    expected: ExpectedNamespace,
    segment: &str,
) -> Result<NamespaceReference, ApiError> {
    NamespaceReference::read(expected, segment).map_err(|_| {
        ApiError::not_found(match expected {
            ExpectedNamespace::Group => "Group",
            ExpectedNamespace::Project => "Project",
            ExpectedNamespace::Shared | ExpectedNamespace::Parent => "Namespace",
        })
    })
}
