//! `[log]`

use std::num::NonZeroU32;

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;

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

impl Log {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
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
pub(in crate::config) fn part(text: &str) -> Option<NonZeroU32> {
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
