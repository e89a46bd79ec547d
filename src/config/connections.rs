//! The limits of connections.

use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::settings::Settings;

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
    pub(super) fn read(settings: &Settings, section: &str) -> Result<Self, ConfigError> {
        let number = |key: &str| {
            settings
                .get(&format!("{section}.{key}"))?
                .integer(1, 1_000_000)
        };
        Ok(Self {
            total: number("max_connections")?,
            per_address: number("max_connections_per_address")?,
        })
    }
}

impl ConnectionTimeouts {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let time = |key: &str| settings.get(key)?.duration("1s", "1h");
        Ok(Self {
            handshake: time("connections.handshake_timeout")?,
            headers: time("connections.header_timeout")?,
            idle: time("connections.idle_timeout")?,
            write: time("connections.write_timeout")?,
        })
    }
}
