//! The addresses of the description, and the way that leads people to it.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use utoipa::openapi::OpenApi;

use crate::http::admin::documents::page;
use crate::http::layers::AsSent;

/// `/api/openapi.json` and `/api/docs`, public and the same for everyone, and what leads there.
///
/// The ways are relative: the browser may know the service under a longer path than we do.
pub(in crate::http::admin) fn routes(description: &OpenApi) -> Router {
    // The documents are shared by all replies.
    let json = Bytes::from(description.to_pretty_json().unwrap_or_default());
    let page = Bytes::from(page::render(description));
    let policy = policy();
    let document = async || ([(header::CONTENT_TYPE, "application/json")], json);
    let docs = async move || {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        ];
        (headers, page).into_response()
    };
    Router::new()
        .route("/api/openapi.json", get(document))
        .route("/api/docs", get(docs))
        .route("/api", get(to_the_page))
}

/// The way to the page is relative, so it begins where the browser thinks to be.
async fn to_the_page(sent: Option<Extension<AsSent>>) -> Redirect {
    let is_folder = sent.is_some_and(|Extension(AsSent(uri))| uri.path().ends_with('/'));
    Redirect::to(if is_folder { "docs" } else { "api/docs" })
}

/// The page may show itself in its own style, and nothing else.
fn policy() -> String {
    let style = STANDARD.encode(Sha256::digest(page::STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
