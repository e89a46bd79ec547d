//! The sections, each with its keys.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::connections::ConnectionLimits;
use crate::config::database_url;
use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::networks::Networks;
use crate::config::origins::Origins;
use crate::config::public_url::PublicUrl;
use crate::config::settings::Settings;
use crate::config::tls::Tls;
use crate::config::value::{HOME, Setting};
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::sessions::SessionRules;
use crate::domain::token_limits::TokenLimits;

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The format of log lines.
    pub format: LogFormat,
    /// The levels that are logged, for each module.
    pub filter: String,
    /// One of so many successful requests is logged; none at all without a number.
    pub successes: Option<NonZeroU32>,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// For machines: one JSON object for each line.
    Json,
}

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

/// `[token]`
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The address at which clients reach it; the realm of registries begins with it.
    pub public_url: PublicUrl,
    /// The `iss` of tokens.
    pub issuer: String,
    /// True if callers without a credential are answered.
    pub anonymous_access: bool,
    /// The origins of web pages that may ask from a browser.
    pub cors_origins: Origins,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminApi {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The address at which people and programs reach it; links in replies begin with it.
    pub public_url: PublicUrl,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[ops]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ops {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

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

/// `[passwords]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordChecks {
    /// The most passwords that are checked at the same time.
    pub concurrent: usize,
    /// The most passwords that may wait for their turn.
    pub waiting: usize,
}

/// `[shutdown]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shutdown {
    /// The time for which connections are still accepted.
    pub delay: Duration,
    /// The longest that a stop takes in all.
    pub grace: Duration,
}

impl Log {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let format = settings.get("log.format")?;
        let filter = settings.get("log.filter")?;
        Ok(Self {
            format: match format.text()? {
                "auto" => LogFormat::Auto,
                "pretty" => LogFormat::Pretty,
                "json" => LogFormat::Json,
                _ => return Err(format.wrong("is auto, pretty or json")),
            },
            filter: if is_filter(filter.text()?) {
                filter.text()?.to_owned()
            } else {
                return Err(filter.wrong(FILTER));
            },
            successes: successes(settings.get("log.requests")?)?,
        })
    }
}

/// The successful requests of which one is logged: `all`, `failures` alone, or `1/N`.
fn successes(setting: &Setting) -> Result<Option<NonZeroU32>, ConfigError> {
    match setting.text()? {
        "all" => Ok(Some(NonZeroU32::MIN)),
        "failures" => Ok(None),
        text => part(text)
            .map(Some)
            .ok_or_else(|| setting.wrong("is all, failures, or a part such as 1/100")),
    }
}

/// The number in `1/N`.
pub(super) fn part(text: &str) -> Option<NonZeroU32> {
    text.strip_prefix("1/")?.parse().ok()
}

const FILTER: &str =
    "is error, warn, info, debug or trace, also per module, such as \"info,wharfinger=debug\"";

/// True if every part is a level, or a module with one: the library would take a mistyped level for the name of
/// a module, and log nothing else.
fn is_filter(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |word: &str| LEVELS.contains(&word.to_ascii_lowercase().as_str());
    let is_part = |part: &str| is_level(part.rsplit('=').next().unwrap_or(part).trim());
    let parsed = tracing_subscriber::EnvFilter::builder().parse(text);
    text.split(',').all(is_part) && parsed.is_ok()
}

impl Database {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
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

impl TokenEndpoint {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let issuer = settings.get("token.issuer")?;
        let text = issuer.text()?;
        if text.trim().is_empty() {
            return Err(issuer.wrong("must not be empty: registries refuse such tokens"));
        }
        if text.trim() != text || text.contains(char::is_control) {
            return Err(issuer.wrong(
                "begins or ends with a blank or has a line break; leave it out: registries compare every letter",
            ));
        }
        Ok(Self {
            listen: listen(settings.get("token.listen")?)?,
            public_url: PublicUrl::read(settings.get("token.public_url")?, &["/jwt/auth", "/v2"])?,
            issuer: text.to_owned(),
            anonymous_access: settings.get("token.anonymous_access")?.boolean()?,
            cors_origins: Origins::read(settings.get("token.cors_origins")?)?,
            trusted_proxies: Networks::read(settings.get("token.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "token")?,
            tls: Tls::read(settings, "token")?,
        })
    }
}

impl AdminApi {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let public_url = settings.get("admin.public_url")?;
        Ok(Self {
            listen: listen(settings.get("admin.listen")?)?,
            public_url: PublicUrl::read(public_url, &["/api/v4", "/api/docs"])?
                .fit_for_passwords(public_url)?,
            trusted_proxies: Networks::read(settings.get("admin.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "admin")?,
            tls: Tls::read_with_clients(settings, "admin")?,
        })
    }
}

impl Ops {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: listen(settings.get("ops.listen")?)?,
            trusted_proxies: Networks::read(settings.get("ops.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "ops")?,
            tls: Tls::read_with_clients(settings, "ops")?,
        })
    }
}

impl Keys {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let directory = settings.get("keys.directory")?;
        match directory.text()? {
            "" => Err(directory.wrong("names a folder")),
            text if text.starts_with('~') => Err(directory.wrong(HOME)),
            text => Ok(Self {
                directory: PathBuf::from(text),
                rotate_every: settings.get("keys.rotate_every")?.duration("1h", "3650d")?,
                jwks_activation: settings
                    .get("keys.jwks_activation")?
                    .duration("0s", "365d")?,
                ca_activation: settings.get("keys.ca_activation")?.duration("0s", "365d")?,
            }),
        }
    }
}

impl PasswordChecks {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let count = |key: &str, least| -> Result<usize, ConfigError> {
            let number = settings.get(key)?.integer(least, 10_000)?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        };
        Ok(Self {
            concurrent: count("passwords.concurrent", 1)?,
            waiting: count("passwords.waiting", 0)?,
        })
    }
}

/// `[refresh_tokens]`
pub(super) fn refresh_tokens(settings: &Settings) -> Result<RefreshLifetimes, ConfigError> {
    let lifetime = |key: &str| settings.get(key)?.duration("5m", "3650d");
    Ok(RefreshLifetimes {
        idle: lifetime("refresh_tokens.idle_timeout")?,
        absolute: lifetime("refresh_tokens.lifetime")?,
    })
}

/// `[sessions]`
pub(super) fn sessions(settings: &Settings) -> Result<SessionRules, ConfigError> {
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

/// The most tokens that there may be.
pub(super) fn token_limits(settings: &Settings) -> Result<TokenLimits, ConfigError> {
    let most = |key: &str| settings.get(key)?.integer(1, 1_000_000).map(u64::from);
    Ok(TokenLimits {
        access_per_user: most("access_tokens.max_per_user")?,
        deploy_per_namespace: most("deploy_tokens.max_per_namespace")?,
        refresh_per_user: most("refresh_tokens.max_per_user")?,
    })
}

/// The most that is kept of the grace for what comes after the requests: writing down, closing the database.
const LONGEST_CLOSE: Duration = Duration::from_secs(3);

impl Shutdown {
    pub(super) fn read(settings: &Settings) -> Result<Self, ConfigError> {
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

fn listen(setting: &Setting) -> Result<SocketAddr, ConfigError> {
    let text = setting.text()?;
    let problem = "is an address to listen on; write IP:PORT, such as 0.0.0.0:5001 or [::]:5001";
    text.parse().map_err(|_| setting.wrong(problem))
}
