//! The configuration: `default.toml`, over it a file, over it environment variables.

mod advice;
mod error;
mod sections;
mod sources;
mod values;

use std::path::PathBuf;

use crate::domain::access_tokens::policy::AccessTokenPolicy;
use crate::domain::key_schedule::KeySchedule;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::registry::Registry;
use crate::domain::sessions::SessionRules;
use crate::domain::token_limits::TokenLimits;

pub use error::ConfigError;
pub use sections::{
    AdminApi, Audit, Database, FailedLogins, Keys, Log, LogFormat, MailSettings, NoticeSettings,
    Ops, PasswordChecks, Shutdown, TokenEndpoint, Traces, TwoFactorSettings, Usage,
    WebhookSettings,
};
pub use sources::Sources;
pub use values::connections::{ConnectionLimits, ConnectionTimeouts};
pub use values::networks::Networks;
pub use values::origins::Origins;
pub use values::public_url::PublicUrl;
pub use values::tls::{Tls, TlsVersion};

use sections::{access_tokens, listeners, refresh_tokens, registries, sessions, token_limits};
use sources::settings::Settings;

/// Every key, its default and a sentence: also the reference for operators.
pub const REFERENCE: &str = include_str!("default.toml");

/// A configuration in which every value is valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that was named; none if none was, also where there is the usual one.
    pub file: Option<PathBuf>,
    /// The level and format of log lines.
    pub log: Log,
    /// The collector of traces.
    pub traces: Traces,
    /// The connection to the database.
    pub database: Database,
    /// The token listener.
    pub token: TokenEndpoint,
    /// The admin listener.
    pub admin: AdminApi,
    /// The listener for health and metrics, which only the operator reaches.
    pub ops: Ops,
    /// The times after which a connection is given up, on every listener.
    pub connections: ConnectionTimeouts,
    /// The key files.
    pub keys: Keys,
    /// Limits on the passwords that are checked at the same time.
    pub passwords: PasswordChecks,
    /// The wait after failed logins.
    pub failed_logins: FailedLogins,
    /// Two-factor authentication.
    pub two_factor: TwoFactorSettings,
    /// The ends that personal access tokens may or must have.
    pub access_tokens: AccessTokenPolicy,
    /// The lifetimes of refresh tokens, unused and in total.
    pub refresh_tokens: RefreshLifetimes,
    /// The lifetimes of sessions on the web pages, and how many there may be.
    pub sessions: SessionRules,
    /// The audit log.
    pub audit: Audit,
    /// Notices, and the ways that they go.
    pub notices: NoticeSettings,
    /// The usage of tokens and repositories.
    pub usage: Usage,
    /// The most tokens that there may be.
    pub token_limits: TokenLimits,
    /// The time that a stop may take.
    pub shutdown: Shutdown,
    /// The registries whose clients come here; at least one, each service once.
    pub registries: Vec<Registry>,
    /// A sentence for each environment variable that looks like ours and is not read.
    pub ignored_variables: Vec<String>,
    /// A sentence about the environment variables that overrule the file, if there are any; it has no values.
    pub overruled: Option<String>,
}

impl Config {
    /// Reads and checks everything; the first problem is the error.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let settings = Settings::gather(sources)?;
        let token = TokenEndpoint::read(&settings)?;
        let admin = AdminApi::read(&settings)?;
        let ops = Ops::read(&settings)?;
        let all = [
            ("token", token.listen),
            ("admin", admin.listen),
            ("ops", ops.listen),
        ];
        listeners::check(&settings, all)?;
        Ok(Self {
            file: sources.file.clone(),
            log: Log::read(&settings)?,
            traces: Traces::read(&settings)?,
            database: Database::read(&settings)?,
            token,
            admin,
            ops,
            connections: ConnectionTimeouts::read(&settings)?,
            keys: Keys::read(&settings)?,
            passwords: PasswordChecks::read(&settings)?,
            failed_logins: FailedLogins::read(&settings)?,
            two_factor: TwoFactorSettings::read(&settings)?,
            access_tokens: access_tokens::read(&settings)?,
            refresh_tokens: refresh_tokens::read(&settings)?,
            sessions: sessions::read(&settings)?,
            audit: Audit::read(&settings)?,
            notices: NoticeSettings::read(&settings)?,
            usage: Usage::read(&settings)?,
            token_limits: token_limits::read(&settings)?,
            shutdown: Shutdown::read(&settings)?,
            registries: registries::read(&settings)?,
            ignored_variables: settings.ignored_variables,
            overruled: settings.overruled,
        })
    }
}

impl Config {
    /// The rules by which signing keys come and go for these registries.
    pub fn key_schedule(&self) -> KeySchedule {
        let schedule = KeySchedule {
            rotate_every: self.keys.rotate_every,
            jwks_activation: self.keys.jwks_activation,
            ca_activation: self.keys.ca_activation,
            modes: Vec::new(),
            pinned: Vec::new(),
        };
        schedule.for_registries(&self.registries)
    }
}

#[cfg(test)]
mod tests;
