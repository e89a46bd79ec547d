//! `[failed_logins]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::values::networks::Networks;
use crate::domain::failed_logins::BackOff;

/// `[failed_logins]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedLogins {
    /// The rules of the wait after failures.
    pub back_off: BackOff,
    /// The addresses whose failures do not count.
    pub exempt: Networks,
}

impl FailedLogins {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let free = settings.get("failed_logins.free")?.integer(0, 1_000_000)?;
        Ok(Self {
            back_off: BackOff {
                free,
                longest: settings
                    .get("failed_logins.longest_wait")?
                    .duration("1s", "15m")?,
            },
            exempt: Networks::read(settings.get("failed_logins.exempt")?)?,
        })
    }
}
