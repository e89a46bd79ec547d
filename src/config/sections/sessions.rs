//! `[sessions]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::domain::sessions::SessionRules;

/// `[sessions]`
pub(in crate::config) fn read(settings: &Settings) -> Result<SessionRules, ConfigError> {
    let lifetime = |key: &str| settings.get(key)?.duration("5m", "3650d");
    Ok(SessionRules {
        idle: lifetime("sessions.idle_timeout")?,
        absolute: lifetime("sessions.lifetime")?,
        most_per_user: settings
            .get("sessions.max_per_user")?
            .integer(1, 100)?
            .into(),
    })
}
