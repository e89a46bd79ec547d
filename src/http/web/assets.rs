//! The files beside the pages, which are in the program itself.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/script.js");
const ICON: &str = include_str!("assets/icon.svg");

/// A name changes with the content, so a browser may keep a file for good.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The paths of the files, which have a digest of the content in them.
#[derive(Debug)]
pub(super) struct Assets {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

impl Assets {
    pub(super) fn new() -> Self {
        let path = |name: &str, ending: &str, content: &str| {
            let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(content));
            let digest = digest.get(..12).unwrap_or_default();
            format!("/assets/{name}-{digest}.{ending}")
        };
        Self {
            style: path("style", "css", STYLE),
            script: path("script", "js", SCRIPT),
            icon: path("icon", "svg", ICON),
        }
    }
}

/// The routes of the files.
pub(super) fn routes(assets: &Assets) -> Router {
    let file = |kind: &'static str, content: &'static str| {
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, FOR_GOOD),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, content).into_response()
        })
    };
    Router::new()
        .route(&assets.style, file("text/css; charset=utf-8", STYLE))
        .route(
            &assets.script,
            file("text/javascript; charset=utf-8", SCRIPT),
        )
        .route(&assets.icon, file("image/svg+xml", ICON))
}
