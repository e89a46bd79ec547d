//! Replies for people and clients that came to the wrong address.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::token::error::reply;

/// The text at `/`, for people who look whether something is here.
pub(super) async fn at_the_root() -> &'static str {
    "This is the token service of a container registry (Wharfinger). Log in to the registry's host: it sends its \
     clients here, to /jwt/auth, by itself. Its keys are at /.well-known/jwks.json.\n"
}

/// The reply to an unknown path.
pub(super) async fn not_found() -> Response {
    reply(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "there is nothing here; tokens are issued at /jwt/auth",
    )
}

/// The reply to a method that the path does not have.
pub(super) async fn method_not_allowed() -> Response {
    reply(
        StatusCode::METHOD_NOT_ALLOWED,
        "UNSUPPORTED",
        "this path has no such method; /jwt/auth has GET and POST, all others GET alone",
    )
}
