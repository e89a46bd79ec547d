//! The log and the traces.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::num::NonZeroU32;
use std::os::fd::AsFd;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use rustix::fs::OFlags;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, Targets, dynamic_filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};

use crate::config::{Log, LogFormat, Traces};
use crate::http::layers::RequestLog;
use crate::server::log_queue::LogQueue;
use crate::server::traces::OpenTraces;

/// The time that the end of the process waits for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The log of this process.
#[derive(Debug, Clone)]
pub(super) struct OpenLog {
    queue: LogQueue,
    traces: Option<OpenTraces>,
    is_for_people: bool,
}

/// Begins to log, to standard error, and to trace; a second call changes nothing.
///
/// SQL statements are never logged: they hold digests and hashes.
pub(super) fn start(log: &Log, traces: &Traces) -> anyhow::Result<OpenLog> {
    // Not by `std::io::stderr`, whose lock a write that waits would keep from everybody else.
    let output = File::from(std::io::stderr().as_fd().try_clone_to_owned()?);
    if output.metadata().is_ok_and(|found| found.is_file()) {
        // A file that is cut off while it is open, as some programs do that keep old logs, goes on at its end and not behind a hole.
        let flags = rustix::fs::fcntl_getfl(&output)?;
        rustix::fs::fcntl_setfl(&output, flags | OFlags::APPEND)?;
    }
    let queue = LogQueue::start(output, |lost| {
        tracing::warn!(
            lines = lost,
            "{lost} lines of this log are lost: it could not be written fast enough, or not at all"
        );
    })?;
    let filter = || {
        EnvFilter::builder().parse_lossy(format!(
            // Their debug lines have statements, and h2's the whole address of a request that it refuses.
            "sqlx=warn,sqlx::query=off,sea_orm=warn,sea_orm_migration=warn,h2=warn,{}",
            log.filter
        ))
    };
    let is_pretty = match log.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let writer = queue.clone();
    let lines = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(move || writer.clone());
    let lines = if is_pretty {
        lines
            .with_ansi(AutoStream::choice(&std::io::stderr()) != ColorChoice::Never)
            .with_target(false)
            .boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed()
    };
    let traces = OpenTraces::start(traces)?;
    // It fails when a log has begun already, as in tests.
    let _ = match &traces {
        // One filter for all costs less than one for each.
        None => registry().with(lines.and_then(filter())).try_init(),
        Some(traces) => {
            let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer());
            // No lines of the log, which name people. The question is asked for each span anew: what a library asked of the
            // log beside it, and did not use, would count for the next span otherwise.
            let own = Targets::new().with_target("wharfinger", Level::DEBUG);
            let own = own.and(dynamic_filter_fn(|metadata, _| metadata.is_span()));
            let lines = lines.with_filter(filter());
            registry()
                .with(lines)
                .with(spans.with_filter(own))
                .try_init()
        }
    };
    std::panic::set_hook(Box::new(|panic| log_panic(panic.location())));
    Ok(OpenLog {
        queue,
        traces,
        is_for_people: is_pretty,
    })
}

/// Logs a defect of ours. The usual way writes to standard error itself, which may wait for ever, and the text
/// of a panic may hold what a caller wrote.
fn log_panic(location: Option<&std::panic::Location<'_>>) {
    let place = location.map_or("?".to_owned(), ToString::to_string);
    tracing::error!(
        panic.place = place,
        "a defect of the service at {place}; please report it"
    );
}

/// Lets a command that may take long say on standard error what it waits for, and what its user should know; a second call
/// changes nothing.
pub fn tell_of_command(as_json: bool) {
    let lines = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    let lines = if as_json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.boxed()
    };
    let ours = Targets::new().with_target("wharfinger", Level::INFO);
    let _ = registry().with(lines.with_filter(ours)).try_init();
}

impl OpenLog {
    /// Says something to the person who starts the service.
    pub(super) fn say(&self, text: &str) {
        // The queue takes everything.
        let _ = self.queue.clone().write_all(text.as_bytes());
    }

    /// True if its lines are for people, false if they are JSON.
    pub(super) fn is_for_people(&self) -> bool {
        self.is_for_people
    }

    /// The log of requests, of whose successes one in so many has a line.
    pub(super) fn request_log(&self, successes: Option<NonZeroU32>) -> RequestLog {
        let requests = RequestLog::new(successes);
        if self.is_for_people {
            return requests;
        }
        let queue = self.queue.clone();
        requests.putting(move |line| queue.put(line))
    }

    /// The number of lines that were lost.
    pub(super) fn lost(&self) -> u64 {
        self.queue.lost()
    }

    /// Waits for the last traces to be sent and the last lines to be written, for a moment.
    pub(super) fn finish(&self) {
        if let Some(traces) = &self.traces {
            traces.finish();
        }
        self.queue.flush(LAST_LINES);
    }
}
