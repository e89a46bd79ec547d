//! The values of parameters: their forms, and the errors for others.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::domain::expiry::Lifetime;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::moment::Moment;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, invalid, refused};

/// The words for true, and those for false, in any letter case; numbers in JSON are words too.
const TRUE: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
const FALSE: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

/// Characters that no text of a person's has: PostgreSQL keeps no NUL, and decoders of forms put U+FFFD for bytes that are not UTF-8.
const NEVER_MEANT: [char; 2] = ['\0', char::REPLACEMENT_CHARACTER];

/// Most numbers in a list: each database has a limit.
const MAX_LIST: usize = 1000;

impl Parameters {
    /// A text; a number is one too.
    pub(in crate::http::admin) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.contains(NEVER_MEANT) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A text; an empty one is none.
    pub(in crate::http::admin) fn filled(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// A text; a blank one is none.
    pub(in crate::http::admin) fn unless_blank(
        &self,
        name: &str,
    ) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.filter(|text| !text.trim().is_empty()))
    }

    /// A whole number, also as a text; a blank text is none.
    pub(in crate::http::admin) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.filled_value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(|| invalid(name)),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// Refuses filters that are given and blank, for an empty variable of a script must not list everybody's.
    pub(in crate::http::admin) fn must_not_be_blank(&self, names: &[&str]) -> Result<(), ApiError> {
        let blank = names.iter().find(|name| self.is_blank(name));
        blank.map_or(Ok(()), |name| Err(invalid(name)))
    }

    /// True if it is given as a text with nothing in it, or with blanks only.
    pub(in crate::http::admin) fn is_blank(&self, name: &str) -> bool {
        self.value(name).is_some_and(is_blank)
    }

    /// True or false in one of GitLab's words; a blank text is neither.
    pub(in crate::http::admin) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let word = match self.filled_value(name) {
            None => return Ok(None),
            Some(Value::Bool(value)) => return Ok(Some(*value)),
            Some(Value::String(text)) => text.trim().to_ascii_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(invalid(name)),
        };
        if TRUE.contains(&word.as_str()) {
            Ok(Some(true))
        } else if FALSE.contains(&word.as_str()) {
            Ok(Some(false))
        } else {
            Err(invalid(name))
        }
    }

    /// A date in UTC; a blank text is none. A time of day may stand beside it and has no effect, as in GitLab.
    pub(in crate::http::admin) fn date(&self, name: &str) -> Result<Option<NaiveDate>, ApiError> {
        Ok(self.moment(name)?.map(Moment::date))
    }

    /// An instant, in UTC unless it says otherwise; a bare date means its beginning.
    pub(in crate::http::admin) fn instant(
        &self,
        name: &str,
    ) -> Result<Option<DateTime<Utc>>, ApiError> {
        Ok(self.moment(name)?.map(Moment::instant))
    }

    fn moment(&self, name: &str) -> Result<Option<Moment>, ApiError> {
        let text = self.unless_blank(name)?;
        text.map(|text| Moment::try_from(text.as_str()))
            .transpose()
            .map_err(|_| invalid(name))
    }

    /// The value, unless it is null or a blank text.
    fn filled_value(&self, name: &str) -> Option<&Value> {
        self.value(name).filter(|value| !is_blank(value))
    }

    /// A duration such as `90m` or `7d`. Blanks are none of these, and no empty text either: what ends something is not guessed.
    pub(in crate::http::admin) fn lifetime(
        &self,
        name: &str,
    ) -> Result<Option<Lifetime>, ApiError> {
        self.parsed(name)
    }

    /// A text that has rules of its own, whose words do not repeat it: it may be a secret in the wrong field.
    pub(in crate::http::admin) fn parsed<T>(&self, name: &str) -> Result<Option<T>, ApiError>
    where
        T: for<'a> TryFrom<&'a str, Error: Display>,
    {
        let read = |text: String| T::try_from(&text).map_err(|rule| refused(name, &rule));
        self.filled(name)?.map(read).transpose()
    }

    /// One of a few words, which `read` understands; a blank text is none.
    pub(in crate::http::admin) fn word<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let wrong = || ApiError::parameter(format!("{name} does not have a valid value"));
        let text = self.unless_blank(name)?;
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

    /// A list of texts; one text is a list too. Each may be several with commas between, and blanks are none.
    pub(in crate::http::admin) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(texts) = self.texts(name)? else {
            return Ok(None);
        };
        let entries = texts.into_iter().flat_map(entries);
        Ok(Some(entries.map(str::to_owned).collect()))
    }

    /// A list of texts as they are; one text is a list too.
    pub(in crate::http::admin) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, ApiError> {
        let Some(items) = self.items(name) else {
            return Ok(None);
        };
        let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        let texts = texts.filter(|texts| !texts.iter().any(|text| text.contains(NEVER_MEANT)));
        texts.map(Some).ok_or_else(|| invalid(name))
    }

    /// Numbers, in a list or one alone; a text may be several with commas between. A list with nothing in it, or blanks
    /// only, is not given.
    pub(in crate::http::admin) fn integers(
        &self,
        name: &str,
    ) -> Result<Option<Vec<i64>>, ApiError> {
        let mut numbers: Vec<Option<i64>> = Vec::new();
        for item in self.items(name).unwrap_or_default() {
            match item {
                Value::Number(number) => numbers.push(number.as_i64()),
                Value::String(text) => {
                    numbers.extend(entries(text).map(|entry| entry.parse().ok()));
                }
                _ => numbers.push(None),
            }
        }
        if numbers.is_empty() {
            return Ok(None);
        }
        if numbers.len() > MAX_LIST {
            return Err(ApiError::parameter(format!(
                "{name} has at most {MAX_LIST} entries"
            )));
        }
        let numbers: Option<Vec<i64>> = numbers.into_iter().collect();
        numbers.map(Some).ok_or_else(|| invalid(name))
    }

    /// True if one of these is given, also as null.
    pub(in crate::http::admin) fn has_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// Refuses those of these members of a thing that are given with another value than the one that is shown of it.
    pub(in crate::http::admin) fn must_be_as_shown(
        &self,
        names: &[&str],
        thing: &impl Serialize,
    ) -> Result<(), ApiError> {
        // Writing cannot fail: the keys of all maps are texts.
        let shown = serde_json::to_value(thing).unwrap_or_default();
        let none = Value::Null;
        let is_other = |name: &&&str| {
            let given = self.value(name).unwrap_or(&none);
            self.has(name) && !is_same(given, shown.get(**name).unwrap_or(&none))
        };
        names.iter().find(is_other).map_or(Ok(()), |name| {
            Err(ApiError::parameter(format!(
                "{name} cannot be changed: leave it out, or as it is"
            )))
        })
    }

    /// True if it is given as something other than a list without items.
    pub(in crate::http::admin) fn has_items(&self, name: &str) -> bool {
        self.items(name).is_some_and(|items| !items.is_empty())
    }

    /// The items of a list, or the one value in place of a list.
    fn items(&self, name: &str) -> Option<&[Value]> {
        self.value(name).map(|value| match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        })
    }
}

/// The entries of a text with commas between.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let entries = text.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// True for two forms of one value: forms of requests have texts only, and there are several forms of an instant.
fn is_same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let instant = |text: &str| Moment::try_from(text).ok().map(Moment::instant);
    let (one, other) = (text(one), text(other));
    one == other || instant(&one).is_some_and(|one| instant(&other) == Some(one))
}

/// True for a text with nothing in it, or with blanks only.
fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}
