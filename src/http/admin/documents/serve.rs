//! The addresses of the description, and the way that leads people to it.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::State;
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

/// The documents, which all replies share. They are made when somebody asks for the first time: few ever do, and they take more
/// time and memory than the rest of a start.
#[derive(Clone)]
struct Documents {
    description: Arc<dyn Fn() -> OpenApi + Send + Sync>,
    made: Arc<OnceLock<MadeDocuments>>,
}

struct MadeDocuments {
    json: Bytes,
    page: Bytes,
}

impl Documents {
    fn made(&self) -> &MadeDocuments {
        let make = || MadeDocuments::of(&(self.description)());
        self.made.get_or_init(make)
    }
}

impl MadeDocuments {
    fn of(description: &OpenApi) -> Self {
        Self {
            json: Bytes::from(description.to_pretty_json().unwrap_or_default()),
            page: Bytes::from(page::render(description)),
        }
    }
}

/// `/api/openapi.json` and `/api/docs`, public and the same for everyone, and what leads there.
///
/// The ways are relative: the browser may know the service under a longer path than we do.
pub(in crate::http::admin) fn routes(
    description: impl Fn() -> OpenApi + Send + Sync + 'static,
) -> Router {
    let documents = Documents {
        description: Arc::new(description),
        made: Arc::default(),
    };
    Router::new()
        .route("/api/openapi.json", get(send_json))
        .route("/api/docs", get(send_page))
        .with_state(documents)
        .route("/api", get(to_the_page))
}

async fn send_json(State(documents): State<Documents>) -> impl IntoResponse {
    let json = documents.made().json.clone();
    ([(header::CONTENT_TYPE, "application/json")], json)
}

async fn send_page(State(documents): State<Documents>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy()),
    ];
    let page = documents.made().page.clone();
    (headers, page)
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
