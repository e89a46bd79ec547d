//! One value, as it was written.

use std::time::Duration;

use crate::config::error::{ConfigError, SettingOrigin};

/// The problem of a path that only a shell understands.
pub(in crate::config) const HOME: &str =
    "begins with ~, which only a shell knows; write the whole path";

/// A value as it is written for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) enum Raw {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<String>),
    /// A kind that no key has, such as a float.
    Other,
}

/// A value with its key and where it comes from.
#[derive(Clone)]
pub(in crate::config) struct Setting {
    pub(in crate::config) key: String,
    pub(in crate::config) raw: Raw,
    pub(in crate::config) origin: SettingOrigin,
}

impl Setting {
    /// The error that this value has `problem`.
    pub(in crate::config) fn wrong(&self, problem: &str) -> ConfigError {
        ConfigError::new(self.origin.clone(), format!("`{}` {problem}", self.key))
    }

    /// True for a value that a file has, and not the reference.
    pub(in crate::config) fn is_of_file(&self) -> bool {
        matches!(self.origin, SettingOrigin::Line(..))
    }

    pub(in crate::config) fn text(&self) -> Result<&str, ConfigError> {
        match &self.raw {
            Raw::Text(text) => Ok(text),
            _ => Err(self.wrong("is a text; write it between quotes")),
        }
    }

    /// The path of a file or folder, as it is written; nothing if none is.
    pub(in crate::config) fn path(&self) -> Result<Option<&str>, ConfigError> {
        match self.text()? {
            "" => Ok(None),
            text if text.starts_with('~') => Err(self.wrong(HOME)),
            text => Ok(Some(text)),
        }
    }

    /// A number between two limits, both allowed.
    pub(in crate::config) fn integer(&self, least: u32, most: u32) -> Result<u32, ConfigError> {
        let number = match &self.raw {
            Raw::Integer(number) => u32::try_from(*number).ok(),
            // Environment variables are texts.
            Raw::Text(text) if matches!(self.origin, SettingOrigin::Variable(_)) => {
                text.parse().ok()
            }
            _ => None,
        };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.wrong(&format!("is a whole number from {least} to {most}")))
    }

    pub(in crate::config) fn boolean(&self) -> Result<bool, ConfigError> {
        match &self.raw {
            Raw::Boolean(value) => Ok(*value),
            Raw::Text(text) if matches!(self.origin, SettingOrigin::Variable(_)) => {
                text.parse().map_err(|_| self.wrong("is true or false"))
            }
            _ => Err(self.wrong("is true or false, without quotes")),
        }
    }

    /// A list; in an environment variable with commas between.
    pub(in crate::config) fn list(&self) -> Result<Vec<&str>, ConfigError> {
        match &self.raw {
            Raw::List(items) => Ok(items.iter().map(String::as_str).collect()),
            Raw::Text(text) if matches!(self.origin, SettingOrigin::Variable(_)) => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect()),
            _ => Err(self.wrong("is a list of texts, such as [\"a\", \"b\"]")),
        }
    }

    /// A duration between two limits, both allowed.
    pub(in crate::config) fn duration(
        &self,
        least: &str,
        most: &str,
    ) -> Result<Duration, ConfigError> {
        let read = |text: &str| humantime::parse_duration(text).ok();
        let limits = (read(least), read(most));
        let within = read(self.text()?).filter(|value| match limits {
            (Some(least), Some(most)) => (least..=most).contains(value),
            _ => false,
        });
        within.ok_or_else(|| {
            let is_short = limits.1.is_some_and(|most| most < Duration::from_secs(90));
            let examples = if is_short { "1500ms" } else { "90s, 5m or 2h" };
            self.wrong(&format!(
                "is a duration from {least} to {most}, such as {examples}"
            ))
        })
    }
}
