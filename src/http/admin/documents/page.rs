//! The API's description as a page without scripts: how to begin, and every operation with its parameters.

use std::fmt::Write;

use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::http::admin::documents::about::{ANSWERS_TO_CHANGES, COMMON_ANSWERS};
use crate::http::admin::documents::types::{component, in_words, may_be_null};

/// Everything wraps, so that nothing is wider than a phone.
pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1a1a1a;--back:#fff;--soft:#595959;--line:#ccc;--code:#f2f2f2;--link:#0b57d0}\
@media(prefers-color-scheme:dark){:root{--text:#e8e8e8;--back:#161616;--soft:#a8a8a8;--line:#444;--code:#262626;--link:#8ab4f8}}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:50rem;margin:2rem auto;\
padding:0 1rem;overflow-wrap:anywhere}\
a{color:var(--link)}h2{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}\
h3{font:600 1rem/1.5 ui-monospace,monospace;margin:2rem 0 .25rem}h3+p{margin-top:0}\
code{font:.9em ui-monospace,monospace;background:var(--code);padding:.1em .25em;border-radius:3px}\
pre{background:var(--code);padding:.75rem;border-radius:3px;white-space:pre-wrap}pre code{padding:0}\
dl{margin:.5rem 0;padding-left:1rem;border-left:2px solid var(--line)}dt{margin-top:.4rem}dd{margin:0 0 0 1rem}\
dt span,.soft{color:var(--soft)}ul{padding-left:1.25rem}summary{cursor:pointer}";

/// The page. It is made from the document that clients get, so that both say the same.
pub(super) fn render(description: &OpenApi) -> String {
    let document = serde_json::to_value(description).unwrap_or_default();
    let (mut contents, mut nouns) = (String::new(), String::new());
    for tag in items(&document, "/tags") {
        write_noun(&mut contents, &mut nouns, tag, &document);
    }
    let mut html = begin(&document);
    html +=
        "<h2 id=contents>Contents</h2><p><a href=#answers>Answers that all have in common</a></p>";
    html += &contents;
    html += "<p><a href=#things>Things in answers</a></p>";
    html += &common_answers();
    html += &nouns;
    html += "<h2 id=things>Things in answers</h2>";
    for name in things(&document) {
        write_thing(&mut html, &name, &document);
    }
    html += "</main></html>\n";
    html
}

/// The part before the contents: what this is, how to authenticate, and a first call.
fn begin(document: &Value) -> String {
    let paragraphs = text(document, "/info/description").replace("\n\n", "</p><p>");
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content='width=device-width,initial-scale=1'>\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>\
         <p class=soft>Version {version}, also <a href=openapi.json>as an OpenAPI document</a></p><p>{paragraphs}</p>\
         <p>Make a token on the service's machine, and try it:</p>\
         <pre><code>(umask 077; printf 'PRIVATE-TOKEN: %s' \"$(wharfinger token create --user admin --name first --scope read_api)\" &gt;first.header)\n\
         curl --header @first.header {address}/api/v4/version</code></pre>",
        title = text(document, "/info/title"),
        version = text(document, "/info/version"),
        address = text(document, "/servers/0/url"),
    )
}

fn common_answers() -> String {
    let mut html = String::from(
        "<h2 id=answers>Answers that all have in common</h2>\
         <p>Each operation below names what it answers when it is done. Else the answer is one of these, and the body \
         is JSON with <code>message</code> or <code>error</code>:</p><dl>",
    );
    write_answers(&mut html, &COMMON_ANSWERS);
    html += "</dl><p>To <code>POST</code>, <code>PUT</code>, <code>PATCH</code> and <code>DELETE</code>, which change something, also:</p><dl>";
    write_answers(&mut html, &ANSWERS_TO_CHANGES);
    html + "</dl>"
}

fn write_answers(html: &mut String, answers: &[(&str, &str)]) {
    for (status, about) in answers {
        let _ = write!(html, "<dt><code>{status}</code><dd>{}", inline(about));
    }
}

/// A noun's entry in the contents, and its operations.
fn write_noun(contents: &mut String, nouns: &mut String, tag: &Value, document: &Value) {
    let id = text(tag, "/name");
    let title = title(&id);
    let about = text(tag, "/description");
    let _ = write!(nouns, "<h2 id={id}>{title}</h2><p>{about}</p>");
    let _ = write!(contents, "<p><a href=#{id}>{title}</a></p><ul>");
    for (path, item) in entries(document, "/paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if operation.pointer("/tags/0") != tag.get("name") {
                continue;
            }
            let name = format!("{} {}", method.to_uppercase(), inline(path));
            let anchor = text(operation, "/operationId");
            let _ = write!(contents, "<li><a href=#{anchor}>{name}</a>");
            let _ = write!(nouns, "<h3 id={anchor}>{name}</h3>");
            write_operation(nouns, operation, document);
        }
    }
    *contents += "</ul>";
}

fn write_operation(html: &mut String, operation: &Value, document: &Value) {
    let _ = write!(html, "<p>{}</p><dl>", text(operation, "/summary"));
    for parameter in items(operation, "/parameters") {
        let mut notes = vec![in_words(&parameter["schema"], document)];
        if parameter.get("in").and_then(Value::as_str) == Some("path") {
            notes.push("in the path".to_owned());
        } else if parameter.get("required") == Some(&Value::Bool(true)) {
            notes.push("needed".to_owned());
        }
        row(html, &text(parameter, "/name"), &notes, parameter);
    }
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    if let Some(schema) = body.and_then(|schema| schema_of(document, component(schema)?)) {
        write_fields(html, schema, document, Side::Request);
    }
    *html += "</dl>";
    for (status, response) in entries(operation, "/responses") {
        if !status.starts_with('2') {
            continue;
        }
        let schema = response.pointer("/content/application~1json/schema");
        let of = schema.map(thing_link).unwrap_or_default();
        let _ = write!(html, "<p>Answers <code>{status}</code>{of}</p>");
    }
}

/// Words for the thing in an answer, with a link to its fields.
fn thing_link(schema: &Value) -> String {
    let Some(name) = component(schema) else {
        return String::new();
    };
    let is_list = schema.get("type").and_then(Value::as_str) == Some("array");
    let list = if is_list { "a list of " } else { "" };
    format!(" with {list}<a href=#{name}>{name}</a>")
}

/// The things that answers consist of: all components that no request's body is.
fn things(document: &Value) -> Vec<String> {
    let mut bodies = Vec::new();
    for (_, item) in entries(document, "/paths") {
        for operation in item.as_object().into_iter().flatten().map(|(_, it)| it) {
            let body = operation.pointer("/requestBody/content/application~1json/schema");
            bodies.extend(body.and_then(component));
        }
    }
    entries(document, "/components/schemas")
        .filter(|(name, schema)| !bodies.contains(&name.as_str()) && schema.get("enum").is_none())
        .map(|(name, _)| name.clone())
        .collect()
}

fn write_thing(html: &mut String, name: &str, document: &Value) {
    let Some(schema) = schema_of(document, name) else {
        return;
    };
    let about = text(schema, "/description");
    let _ = write!(html, "<h3 id={name}>{name}</h3><p>{about}</p><dl>");
    write_members(html, schema, document);
    *html += "</dl>";
}

/// The fields of a thing: those of its parts, and its own. Of alternatives the last has all fields.
fn write_members(html: &mut String, schema: &Value, document: &Value) {
    let schema = component(schema)
        .and_then(|name| schema_of(document, name))
        .unwrap_or(schema);
    let fullest = items(schema, "/anyOf").last();
    for part in items(schema, "/allOf").chain(fullest) {
        write_members(html, part, document);
    }
    write_fields(html, schema, document, Side::Answer);
}

/// The side from which a field is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// In a request, where it may be needed.
    Request,
    /// In an answer, where it may be null.
    Answer,
}

fn write_fields(html: &mut String, schema: &Value, document: &Value, side: Side) {
    for (name, field) in entries(schema, "/properties") {
        let mut notes = vec![in_words(field, document)];
        let is_required = items(schema, "/required").any(|other| other == name.as_str());
        match side {
            Side::Request if is_required => notes.push("needed".to_owned()),
            Side::Answer if may_be_null(field) => notes.push("or `null`".to_owned()),
            Side::Request | Side::Answer => {}
        }
        row(html, &inline(name), &notes, field);
    }
}

fn row(html: &mut String, name: &str, notes: &[String], described: &Value) {
    let notes: Vec<String> = notes
        .iter()
        .filter(|note| !note.is_empty())
        .map(|note| inline(note))
        .collect();
    let about = text(described, "/description");
    let _ = write!(
        html,
        "<dt><code>{name}</code> <span>{}</span><dd>{about}",
        notes.join(", ")
    );
}

fn schema_of<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.pointer("/components/schemas")?.get(name)
}

/// `Personal access tokens`, for `personal_access_tokens`.
fn title(noun: &str) -> String {
    let words = noun.replace('_', " ");
    let first = words.get(..1).unwrap_or_default().to_uppercase();
    first + words.get(1..).unwrap_or_default()
}

/// The text at a JSON pointer (RFC 6901), as HTML; empty if there is none.
fn text(value: &Value, pointer: &str) -> String {
    inline(
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default(),
    )
}

/// The text as HTML, with what stands between backticks as code.
fn inline(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let mut html = String::new();
    for (index, part) in escaped.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html += part;
        }
    }
    html
}

/// The entries of the list at a JSON pointer.
fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The members of the object at a JSON pointer.
fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}
