//! The parameters of a request, from its query and its body.

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use chrono::{DateTime, NaiveDate, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::domain::expiry::{Expiry, Lifetime, is_storable};
use crate::http::admin::error::ApiError;
use crate::http::layers::media_type;

/// Longest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Most numbers in a list: no database takes any number of them.
const MAX_LIST: usize = 1000;

/// Parameters by name; those of the body count more than those of the query.
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Reads the query, and a body in JSON or as a form.
    pub(super) async fn read(parts: &Parts, body: Body) -> Result<Self, ApiError> {
        let mut values = Map::new();
        add_form(
            &mut values,
            parts.uri.query().unwrap_or_default().as_bytes(),
        );
        let bytes = to_bytes(body, MAX_BODY)
            .await
            .map_err(|_| ApiError::TooLarge)?;
        if bytes.is_empty() {
            return Ok(Self(values));
        }
        match media_type(&parts.headers).as_str() {
            "application/json" => match serde_json::from_slice(&bytes) {
                Ok(Value::Object(object)) => values.extend(object),
                _ => return Err(ApiError::parameter("the body is no JSON object")),
            },
            "application/x-www-form-urlencoded" => {
                let mut form = Map::new();
                add_form(&mut form, &bytes);
                values.extend(form);
            }
            _ => return Err(ApiError::UnsupportedMediaType),
        }
        Ok(Self(values))
    }

    /// The token of that name among the parameters; it is taken out, so that nothing repeats it.
    pub(super) fn take_token(&mut self, name: &str) -> Option<SecretString> {
        match self.0.remove(name)? {
            Value::String(text) => Some(SecretString::from(text)),
            _ => Some(SecretString::from("")),
        }
    }

    /// Whether it is given as one text.
    pub(super) fn is_text(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_string)
    }

    /// Refuses parameters of other names: a misspelt limit must not make a wide token.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known = known.join(", ");
                Err(ApiError::parameter(format!(
                    "{name} is not a parameter here; there is {known}"
                )))
            }
        }
    }

    /// Refuses a request that lacks one of these.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), ApiError> {
        let missing: Vec<String> = names
            .iter()
            .filter(|name| self.0.get(**name).is_none_or(Value::is_null))
            .map(|name| format!("{name} is missing"))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(ApiError::parameter(missing.join(", ")))
        }
    }

    /// Whether it is given at all, be it as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(invalid(name)),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(|| invalid(name)),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// True or false, in any letter case: python-gitlab writes `True`.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Some(true)),
                "false" | "0" => Ok(Some(false)),
                _ => Err(invalid(name)),
            },
            Some(_) => Err(invalid(name)),
        }
    }

    pub(super) fn date(&self, name: &str) -> Result<Option<NaiveDate>, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        let read = |text: String| text.parse().ok().filter(|&date| is_storable(date));
        text.map(|text| read(text).ok_or_else(|| invalid(name)))
            .transpose()
    }

    /// An instant in ISO 8601, in UTC unless it says otherwise; a bare date means its beginning.
    pub(super) fn instant(&self, name: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        let begin = |date: NaiveDate| Expiry::on(date).instant();
        let read = |text: String| {
            let instant = text.parse().map(begin);
            instant
                .or_else(|_| text.parse())
                // What Python's `isoformat` writes has no zone.
                .or_else(|_| format!("{text}Z").parse())
                .ok()
                .filter(|instant: &DateTime<Utc>| is_storable(instant.date_naive()))
        };
        text.map(|text| read(text).ok_or_else(|| invalid(name)))
            .transpose()
    }

    /// Whether it is given as null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// A duration such as `90m` or `7d`.
    pub(super) fn lifetime(&self, name: &str) -> Result<Option<Lifetime>, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        let read = |text: String| Lifetime::try_from(text.as_str());
        text.map(read)
            .transpose()
            .map_err(|error| ApiError::parameter(format!("{name} is invalid: {error}")))
    }

    /// Numbers, in a list or one alone; one text is a list too, with commas between.
    pub(super) fn integers(&self, name: &str) -> Result<Option<Vec<i64>>, ApiError> {
        let number = |value: &Value| match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let numbers: Option<Vec<i64>> = match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().map(number).collect(),
            Some(value @ Value::Number(_)) => number(value).map(|number| vec![number]),
            _ => {
                let Some(texts) = self.list(name)? else {
                    return Ok(None);
                };
                texts.iter().map(|text| text.parse().ok()).collect()
            }
        };
        match numbers {
            Some(numbers) if numbers.len() > MAX_LIST => Err(ApiError::parameter(format!(
                "{name} has at most {MAX_LIST} entries"
            ))),
            numbers => numbers.map(Some).ok_or_else(|| invalid(name)),
        }
    }

    /// One of a few words, of which `read` knows what they mean.
    pub(super) fn word<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let read = read(&text).map(Some);
        read.ok_or_else(|| ApiError::parameter(format!("{name} does not have a valid value")))
    }

    /// A list of texts; one text is a list too, with commas between.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let items = text
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                Ok(Some(items.map(str::to_owned).collect()))
            }
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts
                    .collect::<Option<_>>()
                    .map(Some)
                    .ok_or_else(|| invalid(name))
            }
            Some(_) => Err(invalid(name)),
        }
    }
}

impl std::fmt::Debug for Parameters {
    /// The names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Adds URL-encoded parameters; what ends in `[]` or comes again is a list.
fn add_form(values: &mut Map<String, Value>, text: &[u8]) {
    for (name, value) in form_urlencoded::parse(text) {
        let value = Value::from(value.into_owned());
        let (name, is_list) = match name.strip_suffix("[]") {
            Some(name) => (name.to_owned(), true),
            None => (name.into_owned(), false),
        };
        match values.get_mut(&name) {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::from(vec![first.take(), value]),
            None if is_list => drop(values.insert(name, Value::from(vec![value]))),
            None => drop(values.insert(name, value)),
        }
    }
}

/// The error that a parameter cannot be read, in GitLab's words.
pub(super) fn invalid(name: &str) -> ApiError {
    ApiError::parameter(format!("{name} is invalid"))
}
