//! `[audit]`

use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::settings::Settings;

/// The text for "no end".
const FOREVER: &str = "forever";

/// `[audit]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// The time for which events are kept; none for ever.
    pub keep: Option<Duration>,
}

impl Audit {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let keep = settings.get("audit.keep")?;
        if keep.text()? == FOREVER {
            return Ok(Self { keep: None });
        }
        let wrong = |_| keep.wrong("is a duration from 1d to 36500d, such as 365d, or \"forever\"");
        let keep = keep.duration("1d", "36500d").map_err(wrong)?;
        Ok(Self { keep: Some(keep) })
    }
}
