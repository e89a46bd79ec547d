//! The output of a command.

pub(in crate::cli) mod list;
pub(in crate::cli) mod new_file;
pub(in crate::cli) mod owners;
pub(in crate::cli) mod secret_file;
pub(in crate::cli) mod standard_output;
pub(in crate::cli) mod table;
pub(in crate::cli) mod words;

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::json;

use crate::cli::output::table::Table;

/// Prints results, remarks and errors.
#[derive(Debug)]
pub(in crate::cli) struct Output {
    json: bool,
}

/// A result that could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("standard output could not be written")]
pub(in crate::cli) struct NotWritten(#[source] std::io::Error);

impl Output {
    pub(in crate::cli) fn new(json: bool) -> Self {
        Self { json }
    }

    /// True if JSON is asked for.
    pub(in crate::cli) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one thing: as JSON if asked for, else the text `plain`.
    pub(in crate::cli) fn one<T: Serialize>(&self, thing: &T, plain: &str) -> anyhow::Result<()> {
        self.once(thing, plain).map(drop)
    }

    /// The same for a thing that nobody can have printed again. False if nobody reads it.
    pub(in crate::cli) fn once<T: Serialize>(
        &self,
        thing: &T,
        plain: &str,
    ) -> anyhow::Result<bool> {
        let mut text = if self.json {
            serde_json::to_string(thing)?
        } else {
            plain.to_owned()
        };
        text.push('\n');
        self.write(text.as_bytes())
    }

    /// Prints a thing for programs alone: people have been told of it.
    pub(in crate::cli) fn for_programs<T: Serialize>(&self, thing: &T) -> anyhow::Result<()> {
        if self.json {
            self.line(&serde_json::to_string(thing)?)
        } else {
            Ok(())
        }
    }

    /// Prints one thing, or a list of things: as JSON if asked for, else as a table.
    pub(in crate::cli) fn table<T: Serialize + ?Sized>(
        &self,
        things: &T,
        table: &Table,
    ) -> anyhow::Result<()> {
        if self.json {
            return self.line(&serde_json::to_string(things)?);
        }
        if !is_read_by_a_person() {
            return self.bytes(table.with_tabs().as_bytes());
        }
        if table.is_empty() {
            self.note("There is nothing to list.");
            return Ok(());
        }
        self.write_styled(&table.aligned()).map(drop)
    }

    /// Prints a line of the result.
    pub(in crate::cli) fn line(&self, text: &str) -> anyhow::Result<()> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// Prints a part of the result as it is. False if nobody reads it.
    #[expect(
        clippy::unused_self,
        reason = "whoever prints results holds the output"
    )]
    pub(in crate::cli) fn write(&self, bytes: &[u8]) -> anyhow::Result<bool> {
        let mut out = std::io::stdout().lock();
        is_read(out.write_all(bytes).and_then(|()| out.flush()))
    }

    /// Prints a part of the result with colours, which are left out where `NO_COLOR` is set or the terminal knows none.
    #[expect(
        clippy::unused_self,
        reason = "whoever prints results holds the output"
    )]
    pub(in crate::cli) fn write_styled(&self, text: &str) -> anyhow::Result<bool> {
        is_read(write!(anstream::stdout().lock(), "{text}"))
    }

    /// Prints a part of the result as it is.
    pub(in crate::cli) fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        self.write(bytes).map(drop)
    }

    /// Prints a remark for a person, on standard error; programs find the same in the result.
    pub(in crate::cli) fn note(&self, text: &str) {
        if !self.json {
            // If standard error is closed, nobody reads it.
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// Prints warnings for a person.
    pub(in crate::cli) fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            self.note(&format!("warning: {warning}"));
        }
    }

    /// Tells why a command was not done, on standard error.
    pub(in crate::cli) fn error(&self, text: &str) {
        write_error(text, self.json);
    }

    /// The same for the service. It has taken over the signals that end other commands, so that it must end by itself
    /// where nobody reads: it gives up after a second.
    pub(in crate::cli) fn error_of_service(&self, text: &str) {
        const LIMIT: Duration = Duration::from_secs(1);
        let (text, json) = (text.to_owned(), self.json);
        let (done, written) = sync_channel(1);
        let writer = thread::Builder::new().spawn(move || {
            write_error(&text, json);
            let _ = done.send(());
        });
        if writer.is_ok() {
            let _ = written.recv_timeout(LIMIT);
        }
    }
}

/// If standard error is closed, nobody reads it.
fn write_error(text: &str, json: bool) {
    let _ = if json {
        writeln!(std::io::stderr().lock(), "{}", json!({ "error": text }))
    } else {
        let red: Style = AnsiColor::Red.on_default().bold();
        writeln!(anstream::stderr().lock(), "{red}error:{red:#} {text}")
    };
}

/// True if results go to a terminal.
pub(in crate::cli) fn is_read_by_a_person() -> bool {
    std::io::stdout().is_terminal()
}

/// True if it was written for somebody; a reader that has seen enough, as in `wharfinger token list | head`, is not
/// a failure.
fn is_read(written: std::io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(NotWritten(error).into()),
    }
}
