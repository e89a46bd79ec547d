//! `[shutdown]`

use std::time::Duration;

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::settings::Settings;

/// `[shutdown]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shutdown {
    /// The time for which connections are still accepted.
    pub delay: Duration,
    /// The longest that a stop takes in all.
    pub grace: Duration,
}

/// The most that is kept of the grace for what comes after the requests: writing down, closing the database.
const LONGEST_CLOSE: Duration = Duration::from_secs(3);

impl Shutdown {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let delay = settings.get("shutdown.delay")?;
        let grace = settings.get("shutdown.grace")?;
        let read = Self {
            delay: delay.duration("0s", "1h")?,
            grace: grace.duration("0s", "1h")?,
        };
        let most = read.grace.saturating_sub(read.close());
        // Without a delay, requests have what there is.
        if read.delay.is_zero() || read.delay < most {
            return Ok(read);
        }
        let [most, whole, close, chosen] =
            [most, read.grace, read.close(), read.delay].map(humantime::format_duration);
        Err(if delay.origin == SettingOrigin::Default {
            grace.wrong(&format!(
                "is {whole}, and includes `shutdown.delay`, which is {chosen}: requests that are under way would be cut off. \
                 Make the grace longer, or the delay shorter"
            ))
        } else {
            delay.wrong(&format!(
                "must be less than {most}, or requests that are under way are cut off: `shutdown.grace` is {whole}, the delay \
                 included, and the last {close} are for what comes after the requests. Make the delay shorter, or the grace \
                 longer"
            ))
        })
    }

    /// The end of the grace that is kept for what comes after the requests.
    pub fn close(&self) -> Duration {
        LONGEST_CLOSE.min(self.grace / 4)
    }
}
