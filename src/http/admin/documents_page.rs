//! The API's description as a page without scripts: every operation with its parameters and answers.

use std::fmt::Write;

use serde_json::Value;
use utoipa::openapi::OpenApi;

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
    <meta name=viewport content='width=device-width'><title>Wharfinger API</title><style>\
    body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}\
    h2{font:600 1rem monospace;margin-top:2rem;border-top:1px solid #ccc;padding-top:1rem}\
    td{padding:.1rem 1rem .1rem 0;vertical-align:top}code{font-size:.95em}</style><h1>Wharfinger API</h1>";

/// The page. It is made from the document that clients get, so that both say the same.
pub(super) fn render(description: &OpenApi) -> String {
    let document = serde_json::to_value(description).unwrap_or_default();
    let mut html = String::from(HEAD);
    let about = text(&document, "/info/description");
    let _ = write!(
        html,
        "<p>{about}</p><p>As <a href=/api/openapi.json>OpenAPI</a>.</p>"
    );
    for (path, item) in entries(&document, "/paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let _ = write!(html, "<h2>{} {}</h2>", method.to_uppercase(), escape(path));
            write_operation(&mut html, operation, &document);
        }
    }
    html
}

fn write_operation(html: &mut String, operation: &Value, document: &Value) {
    let _ = write!(html, "<p>{}</p><table>", text(operation, "/summary"));
    for parameter in operation
        .pointer("/parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let is_required = parameter.get("required") == Some(&Value::Bool(true));
        row(
            html,
            &text(parameter, "/name"),
            is_required,
            &text(parameter, "/description"),
        );
    }
    if let Some(schema) = body_of(document, operation) {
        let required = schema.get("required").and_then(Value::as_array);
        for (name, field) in entries(schema, "/properties") {
            let is_required =
                required.is_some_and(|names| names.iter().any(|other| other == name.as_str()));
            row(
                html,
                &escape(name),
                is_required,
                &text(field, "/description"),
            );
        }
    }
    let _ = write!(html, "</table>");
    for (status, response) in entries(operation, "/responses") {
        let _ = write!(
            html,
            "<p>Answers <code>{}</code> {}</p>",
            escape(status),
            text(response, "/description")
        );
    }
}

/// The schema of an operation's body; a body that may be left out is null or the schema.
fn body_of<'a>(document: &'a Value, operation: &Value) -> Option<&'a Value> {
    let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
    let either = schema.get("oneOf").and_then(Value::as_array);
    let reference = either.into_iter().flatten().chain([schema]);
    let reference = reference
        .filter_map(|schema| schema.get("$ref"))
        .find_map(Value::as_str)?;
    document.pointer(reference.strip_prefix('#')?)
}

fn row(html: &mut String, name: &str, is_required: bool, about: &str) {
    let needed = if is_required { "required" } else { "" };
    let _ = write!(html, "<tr><td><code>{name}</code><td>{needed}<td>{about}");
}

/// The text at a JSON pointer (RFC 6901), escaped; empty if there is none.
fn text(value: &Value, pointer: &str) -> String {
    escape(
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default(),
    )
}

/// The members of the object at a JSON pointer.
fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
