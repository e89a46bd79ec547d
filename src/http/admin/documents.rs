//! What the API says about itself: an `OpenAPI` document, and a page that shows it.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, Info, OpenApi, OpenApiBuilder};

use super::documents_page;

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
    let page = documents_page::render(description);
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
