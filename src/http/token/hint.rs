//! Replies for people and clients that came to the wrong address.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::token::error::reply;

/// `docker login` to this service instead of to the registry ends here.
pub(super) async fn not_a_registry() -> Response {
    let message = "this is the token service, not the registry; log in to the registry's host, \
                   it sends its clients here by itself";
    reply(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

/// A path that is nothing here.
pub(super) async fn not_found() -> Response {
    reply(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "there is nothing here; tokens are issued at /jwt/auth",
    )
}

/// A method that the path does not have.
pub(super) async fn method_not_allowed() -> Response {
    reply(
        StatusCode::METHOD_NOT_ALLOWED,
        "UNSUPPORTED",
        "this path has no such method; /jwt/auth has GET and POST",
    )
}
