//! `[keys]`

use std::path::PathBuf;
use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;

/// `[keys]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The folder of the key files.
    pub directory: PathBuf,
    /// The age of a signing key at which the next one is made.
    pub rotate_every: Duration,
    /// The time for which a key is published before it signs for registries that read a key set.
    pub jwks_activation: Duration,
    /// The time for which a renewed certificate authority is published before it certifies keys.
    pub ca_activation: Duration,
}

impl Keys {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let directory = settings.get("keys.directory")?;
        let named = directory.path()?;
        Ok(Self {
            directory: named
                .ok_or_else(|| directory.wrong("names a folder"))?
                .into(),
            rotate_every: settings.get("keys.rotate_every")?.duration("1h", "3650d")?,
            jwks_activation: settings
                .get("keys.jwks_activation")?
                .duration("0s", "365d")?,
            ca_activation: settings.get("keys.ca_activation")?.duration("0s", "365d")?,
        })
    }
}
