//! What the API says about itself: an `OpenAPI` document, and a page that shows it.

use std::fmt::Write;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, Info, OpenApi, OpenApiBuilder, RefOr};

/// The document before the operations are in it.
pub(super) fn description() -> OpenApi {
    let mut info = Info::new("Wharfinger", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The admin API. Present a personal access token in `PRIVATE-TOKEN`, as `Authorization: Bearer` or as the \
         parameter `private_token`. Parameters may be in the query or in a body, as JSON or as a form."
            .to_owned(),
    );
    let mut components = Components::new();
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("PRIVATE-TOKEN")));
    components.add_security_scheme("private_token", header);
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    let schemes = ["private_token", "bearer"]
        .map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some(schemes))
        .build()
}

/// `/api/openapi.json` and `/api/docs`: public, and the same for everyone.
pub(super) fn routes(description: &OpenApi) -> Router {
    let json = description.to_pretty_json().unwrap_or_default();
    let page = page(description);
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    Router::new()
        .route(
            "/api/openapi.json",
            get(async || ([(header::CONTENT_TYPE, "application/json")], json)),
        )
        .route(
            "/api/docs",
            get(async move || {
                let headers = [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    (header::CONTENT_SECURITY_POLICY, policy),
                ];
                (headers, page).into_response()
            }),
        )
}

/// A page without scripts: every operation with its parameters and answers.
fn page(description: &OpenApi) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Wharfinger API</title><style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}\
         h2{font:600 1rem monospace;margin-top:2rem;border-top:1px solid #ccc;padding-top:1rem}\
         td{padding:.1rem 1rem .1rem 0;vertical-align:top}code{font-size:.95em}</style><h1>Wharfinger API</h1>",
    );
    let about = description.info.description.as_deref().unwrap_or_default();
    let _ = write!(
        html,
        "<p>{}</p><p>As <a href=/api/openapi.json>OpenAPI</a>.</p>",
        escape(about)
    );
    for (path, item) in &description.paths.paths {
        let operations = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                write_operation(&mut html, method, path, operation);
            }
        }
    }
    html
}

fn write_operation(html: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = operation.summary.as_deref().unwrap_or_default();
    let _ = write!(
        html,
        "<h2>{method} {}</h2><p>{}</p><table>",
        escape(path),
        escape(summary)
    );
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let about = parameter.description.as_deref().unwrap_or_default();
        let _ = write!(
            html,
            "<tr><td><code>{}</code><td>{}",
            escape(&parameter.name),
            escape(about)
        );
    }
    let _ = write!(html, "</table>");
    for status in operation.responses.responses.keys() {
        let _ = write!(html, "<p>Answers <code>{}</code>.</p>", escape(status));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
