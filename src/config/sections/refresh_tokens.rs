//! `[refresh_tokens]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::domain::refresh_tokens::RefreshLifetimes;

/// `[refresh_tokens]`
pub(in crate::config) fn read(settings: &Settings) -> Result<RefreshLifetimes, ConfigError> {
    let lifetime = |key: &str| settings.get(key)?.duration("5m", "3650d");
    Ok(RefreshLifetimes {
        idle: lifetime("refresh_tokens.idle_timeout")?,
        absolute: lifetime("refresh_tokens.lifetime")?,
    })
}
