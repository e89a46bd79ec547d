//! The API's description of itself: an `OpenAPI` document, and a page that shows it.

mod about;
mod page;
mod serve;
mod types;

use std::collections::BTreeMap;

use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use about::UNAVAILABLE;

pub(in crate::http::admin) use about::about;
pub(in crate::http::admin) use serve::routes;

/// Adds to all operations their common refusals, and to each a name of its own.
pub(super) fn finish(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    components
        .schemas
        .insert("Error".to_owned(), error_schema());
    let refused = refusal("It was not done; the body says why.");
    let unavailable = refusal(UNAVAILABLE);
    for (path, item) in &mut description.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.operation_id = Some(operation_id(method, path));
            let responses = &mut operation.responses.responses;
            responses.insert("4XX".to_owned(), refused.clone().into());
            responses.insert("503".to_owned(), unavailable.clone().into());
            describe(responses);
        }
    }
}

/// Gives words to each answer that has none: without them the document is not valid.
fn describe(responses: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let words = match status.as_str() {
                "201" => "It is made; the body shows it.",
                "202" => "It is taken on; the body says of it what is known.",
                "204" => "It is done, and there is nothing to tell.",
                _ => "It is done; the body has the answer.",
            };
            words.clone_into(&mut response.description);
        }
    }
}

/// `get_users_id_projects`, for `GET /api/v4/users/{id}/projects`: as distinct as methods and paths.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v4").unwrap_or(path);
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let words = words.filter(|word| !word.is_empty());
    let words: Vec<&str> = std::iter::once(method).chain(words).collect();
    words.join("_")
}

fn refusal(text: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error")));
    ResponseBuilder::new()
        .description(text)
        .content("application/json", body.build())
        .build()
}

/// The reason why something was not done, in GitLab's words.
fn error_schema() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let message = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    ObjectBuilder::new()
        .description(Some(
            "`error` tells what cannot be read and what the token does not suffice for, `message` everything else.",
        ))
        .property(
            "message",
            message.description(Some("A text, or an object with the problems of each field.")),
        )
        .property("error", text())
        .property("error_description", text())
        .property(
            "scope",
            text().description(Some("The token scopes of which one would suffice.")),
        )
        .into()
}
