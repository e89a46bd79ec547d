//! The values of parameters: their forms, and the errors for others.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::domain::expiry::{Expiry, Lifetime, is_storable};
use crate::domain::members::access_level::AccessLevel;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, invalid};

/// Most numbers in a list: each database has a limit.
const MAX_LIST: usize = 1000;

impl Parameters {
    /// A text; a number is one too.
    pub(in crate::http::admin) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A text; an empty one is none.
    pub(in crate::http::admin) fn filled(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// A whole number, also as a text.
    pub(in crate::http::admin) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(|| invalid(name)),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// True or false, in any letter case: python-gitlab writes `True`.
    pub(in crate::http::admin) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Some(true)),
                "false" | "0" => Ok(Some(false)),
                _ => Err(invalid(name)),
            },
            Some(_) => Err(invalid(name)),
        }
    }

    /// A date; an empty text is none.
    pub(in crate::http::admin) fn date(&self, name: &str) -> Result<Option<NaiveDate>, ApiError> {
        let read = |text: String| text.parse().ok().filter(|&date| is_storable(date));
        let text = self.filled(name)?;
        text.map(|text| read(text).ok_or_else(|| invalid(name)))
            .transpose()
    }

    /// An instant in ISO 8601, in UTC unless it says otherwise; a bare date means its beginning.
    pub(in crate::http::admin) fn instant(
        &self,
        name: &str,
    ) -> Result<Option<DateTime<Utc>>, ApiError> {
        let begin = |date: NaiveDate| Expiry::on(date).instant();
        let read = |text: String| {
            let instant = text.parse().map(begin);
            instant
                .or_else(|_| text.parse())
                // Python's `isoformat` writes no zone.
                .or_else(|_| format!("{text}Z").parse())
                .ok()
                .filter(|instant: &DateTime<Utc>| is_storable(instant.date_naive()))
        };
        let text = self.filled(name)?;
        text.map(|text| read(text).ok_or_else(|| invalid(name)))
            .transpose()
    }

    /// A duration such as `90m` or `7d`.
    pub(in crate::http::admin) fn lifetime(
        &self,
        name: &str,
    ) -> Result<Option<Lifetime>, ApiError> {
        let text = self.filled(name)?;
        text.map(|text| Lifetime::try_from(text.as_str()))
            .transpose()
            .map_err(|error| ApiError::parameter(format!("{name} is invalid: {error}")))
    }

    /// One of a few words, which `read` understands.
    pub(in crate::http::admin) fn word<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let wrong = || ApiError::parameter(format!("{name} does not have a valid value"));
        let text = self.filled(name)?;
        text.map(|text| read(&text).ok_or_else(wrong)).transpose()
    }

    /// One of GitLab's numbers for a role, if we have that role.
    pub(in crate::http::admin) fn level(
        &self,
        name: &str,
    ) -> Result<Option<AccessLevel>, ApiError> {
        self.word(name, |text| {
            AccessLevel::try_from(text.parse::<i32>().ok()?).ok()
        })
    }

    /// A list of texts; one text is a list too, with commas between.
    pub(in crate::http::admin) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let texts = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => {
                let items = text.split(',').map(str::trim);
                let items = items.filter(|item| !item.is_empty());
                Some(items.map(str::to_owned).collect())
            }
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect()
            }
            Some(_) => None,
        };
        texts.map(Some).ok_or_else(|| invalid(name))
    }

    /// Numbers, in a list or one alone; one text is a list too, with commas between.
    pub(in crate::http::admin) fn integers(
        &self,
        name: &str,
    ) -> Result<Option<Vec<i64>>, ApiError> {
        let number = |value: &Value| match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let numbers: Option<Vec<i64>> = match self.value(name) {
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
}
