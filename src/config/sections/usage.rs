//! `[usage]`

use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::sections::audit::time_to_keep;
use crate::config::sources::settings::Settings;

/// `[usage]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The time for which the usage of a day is kept; none for ever.
    pub keep: Option<Duration>,
}

impl Usage {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let keep = time_to_keep(settings.get("usage.keep")?)?;
        Ok(Self { keep })
    }
}
