//! What the API says about itself: an `OpenAPI` document, and a page that shows it.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::http::admin::bodies::ErrorBody;
use crate::http::admin::documents_page;

/// The document before the operations are in it.
pub(super) fn description() -> OpenApi {
    let mut info = Info::new("Wharfinger", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The admin API. Present a personal access token in `PRIVATE-TOKEN`, as `Authorization: Bearer` or as the \
         parameter `private_token` or `access_token`. Parameters may be in the query or in a body, as JSON or as a form."
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

/// What is common to all operations: how they refuse.
pub(super) fn add_errors(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    components
        .schemas
        .insert(ErrorBody::name().into_owned(), ErrorBody::schema());
    let refusal = |text: &str| {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name())));
        ResponseBuilder::new()
            .description(text)
            .content("application/json", body.build())
            .build()
    };
    let refused = refusal("It was not done; the body says why.");
    let unavailable = refusal("The database does not answer; try again in a few seconds.");
    for path in description.paths.paths.values_mut() {
        let operations = [
            &mut path.get,
            &mut path.post,
            &mut path.put,
            &mut path.patch,
            &mut path.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("4XX".to_owned(), refused.clone().into());
            responses.insert("503".to_owned(), unavailable.clone().into());
        }
    }
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
