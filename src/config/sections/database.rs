//! `[database]`

use std::time::Duration;

use secrecy::SecretString;

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::values::database_url;

/// `[database]`
#[derive(Debug, Clone)]
pub struct Database {
    /// The address, which may hold a password.
    pub url: SecretString,
    /// The most connections of the token endpoint at a time; changes, logins and following the changes have their own.
    pub max_connections: u32,
    /// The most connections of the admin API at a time.
    pub max_admin_connections: u32,
    /// The longest wait for a free connection to a server.
    pub acquire_timeout: Duration,
    /// The longest wait for a server to take a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a server's answer to a statement.
    pub statement_timeout: Duration,
    /// The most memory for copies of what token requests ask for, in bytes; zero for no copies.
    pub cache_memory: usize,
    /// The time for which pulls are answered from the copies while the database is away.
    pub serve_stale_for: Duration,
}

impl Database {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let longest = |key: &str| settings.get(key)?.duration("500ms", "5s");
        Ok(Self {
            url: database_url::read(settings.get("database.url")?)?,
            max_connections: settings.get("database.max_connections")?.integer(1, 1000)?,
            max_admin_connections: settings
                .get("database.max_admin_connections")?
                .integer(1, 1000)?,
            acquire_timeout: longest("database.acquire_timeout")?,
            connect_timeout: longest("database.connect_timeout")?,
            statement_timeout: longest("database.statement_timeout")?,
            cache_memory: settings
                .get("database.cache_megabytes")?
                .integer(0, 4000)
                .map(|megabytes| usize::try_from(megabytes).unwrap_or(usize::MAX) * 1_000_000)?,
            serve_stale_for: settings
                .get("database.serve_stale_for")?
                .duration("0s", "1h")?,
        })
    }
}
