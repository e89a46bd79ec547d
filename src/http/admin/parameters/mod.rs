//! The parameters of a request, from its query and its body.
//!
//! A noun's `input.rs` has a type for each of its inputs: the type describes the parameters, and its
//! `read` makes a value of them.

mod values;

use std::fmt::Display;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use secrecy::SecretString;
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::domain::text::without_mark;
use crate::http::admin::error::ApiError;
use crate::http::layers::{UnreadableBody, media_type, read_body};

/// The parameters that are tokens.
const TOKENS: [&str; 2] = ["private_token", "access_token"];

/// Longest text of a caller's that a reply repeats; secrets are longer.
const LONGEST_REPEATED: usize = 24;

/// True if a reply may repeat the text, which is no secret in the wrong field.
pub(super) fn is_repeated(text: &str) -> bool {
    text.len() <= LONGEST_REPEATED
}

/// The words for a parameter whose name is not repeated.
const UNNAMED: &str = "a field of the request";

/// Longest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Parameters by name; those of the body count more than those of the query.
pub(super) struct Parameters {
    values: Map<String, Value>,
    /// True if a `GET` has others than tokens in its body.
    are_beside_the_query: bool,
}

impl Parameters {
    /// Reads the query, and a body in JSON or as a form of either kind.
    pub(super) async fn read(parts: &Parts, body: Body) -> Result<Self, ApiError> {
        let mut values = Map::new();
        add_form(
            &mut values,
            parts.uri.query().unwrap_or_default().as_bytes(),
        );
        let bytes = read_body(body, MAX_BODY)
            .await
            .map_err(|error| match error {
                UnreadableBody::CutOffOrTooLong => ApiError::TooLarge,
                UnreadableBody::TooSlow => ApiError::parameter(error.to_string()),
            })?;
        let body = if bytes.is_empty() {
            Map::new()
        } else {
            in_body(parts, bytes).await?
        };
        let mut others = body.keys().filter(|name| !TOKENS.contains(&name.as_str()));
        let are_beside_the_query = parts.method.is_safe() && others.next().is_some();
        replace(&mut values, body);
        Ok(Self {
            values,
            are_beside_the_query,
        })
    }

    /// Refuses a list whose parameters are not all in the query: the links to its other parts repeat nothing else, so that these would
    /// be parts of everything.
    pub(super) fn must_be_in_the_query(&self) -> Result<(), ApiError> {
        if self.are_beside_the_query {
            return Err(ApiError::parameter(
                "a list has its parameters in the query; in the body of its GET only a token is read",
            ));
        }
        Ok(())
    }

    /// The tokens among the parameters; they are taken out, so that nothing repeats them.
    pub(super) fn take_tokens(&mut self) -> Vec<SecretString> {
        let mut tokens = Vec::new();
        for name in TOKENS {
            match self.values.remove(name) {
                Some(Value::Array(several)) => tokens.extend(several),
                one => tokens.extend(one),
            }
        }
        let texts = tokens.iter().filter_map(Value::as_str);
        texts.map(SecretString::from).collect()
    }

    /// Refuses parameters that are neither fields of `T` nor among `without_effect`: a misspelt limit must not
    /// make a wide token.
    pub(super) fn only<T: PartialSchema>(&self, without_effect: &[&str]) -> Result<(), ApiError> {
        let RefOr::T(Schema::Object(described)) = T::schema() else {
            return Ok(());
        };
        let known = described.properties;
        let is_known = |name: &str| known.contains_key(name) || without_effect.contains(&name);
        let Some(name) = self.values.keys().find(|name| !is_known(name)) else {
            return Ok(());
        };
        let name = if is_name(name) { name } else { UNNAMED };
        let known: Vec<&str> = known.keys().map(String::as_str).collect();
        let known = known.join(", ");
        Err(ApiError::parameter(format!(
            "{name} is not a parameter here; there is {known}"
        )))
    }

    /// Refuses a request that lacks one of these.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), ApiError> {
        let missing: Vec<String> = names
            .iter()
            .filter(|name| !self.is_given(name))
            .map(|name| format!("{name} is missing"))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(ApiError::parameter(missing.join(", ")))
        }
    }

    /// True if it is given, also as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value that `read` makes of it, if it is given, also as null: null removes a value, while a field
    /// that is left out stays as it is.
    pub(super) fn if_given<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T, ApiError>,
    ) -> Result<Option<T>, ApiError> {
        self.has(name).then(|| read(self, name)).transpose()
    }

    /// True if it is given as null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Value::is_null)
    }

    /// True if it is given, and not as null.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The value, unless it is null.
    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }
}

impl std::fmt::Debug for Parameters {
    /// Prints the names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// True if a text looks like the name of a parameter, so that a reply may repeat it: a body that is nothing but
/// a token is read as a name too.
fn is_name(text: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphabetic() || letter == b'_';
    is_repeated(text) && text.bytes().all(is_letter)
}

/// Puts the body's parameters in the place of the query's. Of tokens both are kept, so that two are noticed.
fn replace(values: &mut Map<String, Value>, body: Map<String, Value>) {
    for (name, value) in body {
        let is_token = TOKENS.contains(&name.as_str());
        match values.get_mut(&name).filter(|_| is_token) {
            Some(other) => *other = Value::from(vec![other.take(), value]),
            None => drop(values.insert(name, value)),
        }
    }
}

/// Adds URL-encoded parameters.
fn add_form(values: &mut Map<String, Value>, text: &[u8]) {
    for (name, value) in form_urlencoded::parse(text) {
        add(values, &name, value.into_owned());
    }
}

/// The parameters of a body, in JSON or as a form of either kind.
async fn in_body(parts: &Parts, bytes: Bytes) -> Result<Map<String, Value>, ApiError> {
    match media_type(&parts.headers).as_str() {
        "application/json" => match serde_json::from_slice(without_mark(&bytes)) {
            Ok(Value::Object(object)) => Ok(object),
            // Clients in Go write their options so when there are none.
            Ok(Value::Null) => Ok(Map::new()),
            _ => Err(ApiError::parameter("the body is not a JSON object")),
        },
        "application/x-www-form-urlencoded" => {
            let mut form = Map::new();
            add_form(&mut form, &bytes);
            Ok(form)
        }
        "multipart/form-data" => multipart(parts, bytes).await,
        _ => Err(ApiError::UnsupportedMediaType),
    }
}

/// The parameters of a form in several parts, none of which may be a file.
async fn multipart(parts: &Parts, body: Bytes) -> Result<Map<String, Value>, ApiError> {
    let unreadable = |_| ApiError::parameter("the body is no readable form");
    let request = Request::from_parts(parts.clone(), Body::from(body));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| ApiError::parameter("the body is no readable form"))?;
    let mut values = Map::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_some() {
            let name = if is_name(&name) { &name } else { UNNAMED };
            return Err(invalid(name));
        }
        add(&mut values, &name, field.text().await.map_err(unreadable)?);
    }
    Ok(values)
}

/// Adds a parameter of a form; a name that ends in `[]` or comes again is a list, and `name[key]` an object.
fn add(values: &mut Map<String, Value>, name: &str, value: String) {
    let value = Value::from(value);
    let key = name
        .split_once('[')
        .and_then(|(_, key)| key.strip_suffix(']'));
    let name = bare(name);
    let value = match key {
        None => value,
        Some("") => Value::from(vec![value]),
        Some(key) => Value::from(Map::from_iter([(key.to_owned(), value)])),
    };
    match (values.get_mut(name), value) {
        (None, value) => drop(values.insert(name.to_owned(), value)),
        (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
        (Some(Value::Array(all)), value) => all.push(value),
        (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
        (Some(first), value) => *first = Value::from(vec![first.take(), value]),
    }
}

/// The name of a parameter without the `[]` or `[key]` that a form may write behind it.
pub(super) fn bare(name: &str) -> &str {
    name.split('[').next().unwrap_or_default()
}

/// True if the bare name is that of a token, in any case: a program that writes it otherwise sends a token all the same.
pub(super) fn is_of_token(name: &str) -> bool {
    TOKENS.iter().any(|token| token.eq_ignore_ascii_case(name))
}

/// The error that a parameter cannot be read, in GitLab's words.
pub(super) fn invalid(name: &str) -> ApiError {
    ApiError::parameter(format!("{name} is invalid"))
}

/// The same error, with the rule that its value breaks.
pub(super) fn refused(name: &str, problem: &dyn Display) -> ApiError {
    ApiError::parameter(format!("{name} is invalid: {problem}"))
}
