//! The limits of connections.

use std::time::Duration;

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;

/// The most connections that a listener has at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// All together.
    pub total: u32,
    /// From one address, unless it is a trusted proxy's.
    pub per_address: u32,
}

/// `[connections]`: the times after which a connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionTimeouts {
    /// For the handshake of TLS.
    pub handshake: Duration,
    /// For the headers of a request to be complete.
    pub headers: Duration,
    /// For the next request to begin.
    pub idle: Duration,
    /// For a reply to be taken.
    pub write: Duration,
}

impl ConnectionLimits {
    /// Reads the limits of a listener.
    pub(in crate::config) fn read(settings: &Settings, section: &str) -> Result<Self, ConfigError> {
        let setting = |key: &str| settings.get(&format!("{section}.{key}"));
        let number = |setting: &Setting| setting.integer(1, 1_000_000);
        let total = number(setting("max_connections")?)?;
        let share = setting("max_connections_per_address")?;
        let per_address = number(share)?;
        Ok(Self {
            total,
            per_address: if share.origin == SettingOrigin::Default {
                // Few clients come to the listeners of the operator.
                let parts = if section == "token" { 4 } else { 2 };
                per_address.min((total / parts).max(1))
            } else {
                per_address
            },
        })
    }

    /// True if one address can take all places, though there are several.
    pub(in crate::config) fn are_open_to_one(self) -> bool {
        self.total > 1 && self.per_address >= self.total
    }
}

impl ConnectionTimeouts {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let time = |key: &str| settings.get(key)?.duration("1s", "1h");
        Ok(Self {
            handshake: time("connections.handshake_timeout")?,
            headers: time("connections.header_timeout")?,
            idle: time("connections.idle_timeout")?,
            write: time("connections.write_timeout")?,
        })
    }
}
