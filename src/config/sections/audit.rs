//! `[audit]`

use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;

/// The text for "no end".
const FOREVER: &str = "forever";

/// `[audit]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// The time for which events are kept; none for ever.
    pub keep: Option<Duration>,
}

impl Audit {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let keep = time_to_keep(settings.get("audit.keep")?)?;
        Ok(Self { keep })
    }
}

/// A time for which something is kept; none for ever.
pub(in crate::config) fn time_to_keep(keep: &Setting) -> Result<Option<Duration>, ConfigError> {
    if keep.text()? == FOREVER {
        return Ok(None);
    }
    let wrong = |_| keep.wrong("is a duration from 1d to 36500d, such as 365d, or \"forever\"");
    keep.duration("1d", "36500d").map(Some).map_err(wrong)
}
