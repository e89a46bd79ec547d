//! Lists that are read and printed part by part: their length costs no memory, and the first lines come at once.

use anyhow::Result;
use serde::Serialize;

use crate::cli::output::table::Table;
use crate::cli::output::{Output, is_read_by_a_person};
use crate::domain::page::{KeysetRequest, Listing, Paging};

/// The rows that are read at a time.
pub(in crate::cli) const PART: u64 = 500;

/// The parts of a list in the order of ids, which rise or fall.
#[derive(Debug, Default)]
pub(in crate::cli) struct Parts {
    after: Option<i64>,
    is_descending: bool,
    is_over: bool,
}

impl Parts {
    /// The parts of a list whose ids fall.
    pub(in crate::cli) fn newest_first() -> Self {
        Self {
            is_descending: true,
            ..Self::default()
        }
    }

    /// The request for the next part; none at the end.
    pub(in crate::cli) fn wanted(&self) -> Option<Paging> {
        let request = KeysetRequest {
            after: self.after,
            descending: self.is_descending,
            size: PART,
        };
        (!self.is_over).then_some(Paging::Keyset(request))
    }

    /// The entries of the part that was wanted.
    pub(in crate::cli) fn taken<T>(&mut self, part: Listing<T>) -> Vec<T> {
        self.after = part.next();
        self.is_over = self.after.is_none();
        part.items
    }
}

/// A list that is being printed: as one JSON array if asked for, else as a table.
#[derive(Debug)]
pub(in crate::cli) struct List<'a> {
    output: &'a Output,
    columns: &'static [&'static str],
    /// The widths of the columns on a terminal, which only grow.
    widths: Vec<usize>,
    is_begun: bool,
}

impl<'a> List<'a> {
    pub(in crate::cli) fn new(output: &'a Output, columns: &'static [&'static str]) -> Self {
        Self {
            output,
            columns,
            widths: Vec::new(),
            is_begun: false,
        }
    }

    /// Prints a part: for programs the views, else the rows. False if nobody reads any more.
    pub(in crate::cli) fn part<T: Serialize>(
        &mut self,
        views: &[T],
        rows: Vec<Vec<String>>,
    ) -> Result<bool> {
        if rows.is_empty() {
            return Ok(true);
        }
        let is_begun = std::mem::replace(&mut self.is_begun, true);
        if self.output.is_json() {
            let mut text = String::new();
            for (index, view) in views.iter().enumerate() {
                let is_first = index == 0 && !is_begun;
                text.push(if is_first { '[' } else { ',' });
                text += &serde_json::to_string(view)?;
            }
            return self.output.write(text.as_bytes());
        }
        let table = Table::new(self.columns, rows);
        if is_read_by_a_person() {
            let text = table.aligned_after(&mut self.widths, is_begun);
            self.output.write_styled(&text)
        } else {
            self.output.write(table.with_tabs().as_bytes())
        }
    }

    /// Ends the list.
    pub(in crate::cli) fn end(self) -> Result<()> {
        if self.output.is_json() {
            return self.output.line(if self.is_begun { "]" } else { "[]" });
        }
        if !self.is_begun && is_read_by_a_person() {
            self.output.note("There is nothing to list.");
        }
        Ok(())
    }
}
