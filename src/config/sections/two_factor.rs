//! `[two_factor]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;

/// `[two_factor]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoFactorSettings {
    /// True if everybody must have a second factor.
    pub required: bool,
}

impl TwoFactorSettings {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            required: settings.get("two_factor.required")?.boolean()?,
        })
    }
}
