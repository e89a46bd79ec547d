//! The type and the allowed values of a parameter or field, in words.

use serde_json::Value;

/// Such as `text, 1 to 255 characters`, with code between backticks; empty if anything is allowed.
pub(super) fn in_words(schema: &Value, document: &Value) -> String {
    let schema = resolved(schema, document);
    let mut words = vec![kind(schema, document)];
    words.extend(bounds(schema));
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

/// True if null is one of the values.
pub(super) fn may_be_null(schema: &Value) -> bool {
    let alternatives = schema.get("oneOf").and_then(Value::as_array);
    let mut places = alternatives.into_iter().flatten().chain([schema]);
    places.any(|place| types(place).contains(&"null"))
}

/// The name of the component that a schema, or each entry of its list, refers to.
pub(super) fn component(schema: &Value) -> Option<&str> {
    let alternatives = schema.get("oneOf").and_then(Value::as_array);
    let items = schema.get("items");
    let places = alternatives
        .into_iter()
        .flatten()
        .chain(items)
        .chain([schema]);
    let reference = places
        .filter_map(|place| place.get("$ref"))
        .find_map(Value::as_str)?;
    reference.rsplit('/').next()
}

/// The schema itself in place of a reference to it.
fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let alternatives = schema.get("oneOf").and_then(Value::as_array);
    let mut alternatives = alternatives.into_iter().flatten();
    if let Some(other) = alternatives.find(|schema| types(schema) != ["null"]) {
        return resolved(other, document);
    }
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind],
        _ => Vec::new(),
    }
}

fn kind(schema: &Value, document: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values = values.iter().filter_map(Value::as_str);
        let values: Vec<String> = values.map(|value| format!("`{value}`")).collect();
        return values.join(" or ");
    }
    let format = schema.get("format").and_then(Value::as_str);
    let kind = types(schema).into_iter().find(|kind| *kind != "null");
    match (kind, format) {
        (Some("string"), Some("date")) => "date (YYYY-MM-DD)".to_owned(),
        (Some("string"), Some("date-time")) => "instant (RFC 3339)".to_owned(),
        (Some("string"), _) => "text".to_owned(),
        (Some("integer"), _) => "whole number".to_owned(),
        (Some("number"), _) => "number".to_owned(),
        (Some("boolean"), _) => "`true` or `false`".to_owned(),
        (Some("array"), _) => {
            let items = schema.get("items");
            let items = items.map(|items| in_words(items, document));
            format!("list of: {}", items.unwrap_or_default())
        }
        (Some("object"), _) => "object".to_owned(),
        _ => String::new(),
    }
}

/// The least and the most that is allowed.
fn bounds(schema: &Value) -> Option<String> {
    let number = |key: &str| schema.get(key).and_then(Value::as_i64);
    let pairs = [
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
        ("minimum", "maximum", ""),
    ];
    pairs
        .into_iter()
        .find_map(|(least, most, unit)| match (number(least), number(most)) {
            (None, None) => None,
            (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
            (Some(1), None) if unit == " entries" => Some("at least one entry".to_owned()),
            (Some(least), None) => Some(format!("at least {least}{unit}")),
            (None, Some(most)) => Some(format!("at most {most}{unit}")),
        })
}
