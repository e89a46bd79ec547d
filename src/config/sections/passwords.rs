//! `[passwords]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;

/// `[passwords]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordChecks {
    /// The most passwords that are checked at the same time.
    pub concurrent: usize,
    /// The most passwords that may wait for their turn.
    pub waiting: usize,
}

impl PasswordChecks {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let count = |key: &str, least| -> Result<usize, ConfigError> {
            let number = settings.get(key)?.integer(least, 10_000)?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        };
        Ok(Self {
            concurrent: count("passwords.concurrent", 1)?,
            waiting: count("passwords.waiting", 0)?,
        })
    }
}
