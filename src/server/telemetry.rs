//! The log.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Begins to log, to standard error; a second call changes nothing.
///
/// SQL statements are never logged: they hold digests and hashes.
pub(super) fn start(log: &Log) {
    let filter = EnvFilter::builder().parse_lossy(format!(
        "sqlx=warn,sqlx::query=off,sea_orm=warn,sea_orm_migration=warn,{}",
        log.filter
    ));
    let is_pretty = match log.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // It fails when a log has begun already, as in tests.
    let _ = if is_pretty {
        lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init()
    };
}
