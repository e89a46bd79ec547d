//! The output of a command.

use std::io::{ErrorKind, IsTerminal, Write};

use serde::Serialize;

/// Prints results and remarks.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one thing: as JSON if asked for, else the text `plain`.
    pub(super) fn one<T: Serialize>(&self, thing: &T, plain: &str) -> anyhow::Result<()> {
        if self.json {
            self.line(&serde_json::to_string(thing)?)
        } else {
            self.line(plain)
        }
    }

    /// Prints a list: a JSON array if asked for, else a line each with tabs between the columns.
    pub(super) fn list<T: Serialize>(
        &self,
        things: &[T],
        columns: &[&str],
        rows: &[Vec<String>],
    ) -> anyhow::Result<()> {
        if self.json {
            return self.line(&serde_json::to_string(things)?);
        }
        if std::io::stderr().is_terminal() {
            self.note(&columns.join("\t"));
        }
        rows.iter().try_for_each(|row| self.line(&row.join("\t")))
    }

    /// Prints a line of the result.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// Prints a part of the result as it is.
    #[expect(
        clippy::unused_self,
        reason = "whoever prints results holds the output"
    )]
    pub(super) fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            // A reader that has seen enough, as in `wharfinger token list | head`, is not a failure.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Prints a remark for a person, on standard error.
    #[expect(
        clippy::unused_self,
        reason = "whoever prints remarks holds the output"
    )]
    pub(super) fn note(&self, text: &str) {
        // If standard error is closed, nobody reads it.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
