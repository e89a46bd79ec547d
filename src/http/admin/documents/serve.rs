//! The addresses of the description, and the ways that lead people to it.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use utoipa::openapi::OpenApi;

use crate::http::admin::documents::page;
use crate::http::admin::error::ApiError;
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
        .route("/", get(async || Redirect::to("api/docs")))
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

/// The answer to an address at which there is nothing.
///
/// The `web_url`s of things have GitLab's form, and no pages yet: they lead a browser to the description. The answer
/// is the same whether the thing exists or not.
pub(in crate::http::admin) async fn strangers(
    docs: &str,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let is_of_api = uri.path() == "/api" || uri.path().starts_with("/api/");
    if is_of_api {
        return ApiError::not_found("").into_response();
    }
    let looks = method == Method::GET || method == Method::HEAD;
    if looks && accepts_pages(&headers) {
        return Redirect::to(docs).into_response();
    }
    ApiError::NowhereNear.into_response()
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}
