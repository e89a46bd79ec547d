//! Tables: aligned with a head on a terminal, with tabs and nothing else in a pipe.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// Rows below the names of their columns.
#[derive(Debug)]
pub(in crate::cli) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// The blanks between two columns.
const GAP: usize = 2;

impl Table {
    pub(in crate::cli) fn new(columns: &'static [&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { columns, rows }
    }

    pub(in crate::cli) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The form for programs: a line for each row.
    pub(in crate::cli) fn with_tabs(&self) -> String {
        let lines = self.rows.iter().map(|row| row.join("\t") + "\n");
        lines.collect()
    }

    /// The form for people, with colours; whoever prints it leaves them out where they are not wanted.
    pub(in crate::cli) fn aligned(&self) -> String {
        self.aligned_after(&mut Vec::new(), false)
    }

    /// The same as a part of a list. Columns are at least as wide as in the parts before it, and the first part alone
    /// has the head.
    pub(in crate::cli) fn aligned_after(&self, widths: &mut Vec<usize>, has_head: bool) -> String {
        let head: Vec<String> = self.columns.iter().map(|&name| name.to_owned()).collect();
        widths.resize(head.len(), 0);
        for row in std::iter::once(&head).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let bold = |_: &str| Style::new().bold();
        let mut text = if has_head {
            String::new()
        } else {
            line(&head, widths, bold)
        };
        for row in &self.rows {
            text += &line(row, widths, style);
        }
        text
    }
}

fn line(row: &[String], widths: &[usize], style: impl Fn(&str) -> Style) -> String {
    let mut text = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        let style = style(cell);
        let _ = write!(text, "{style}{cell}{style:#}");
        if index + 1 < row.len() {
            text += &" ".repeat(width.saturating_sub(cell.width()) + GAP);
        }
    }
    text + "\n"
}

/// The states of things stand out.
fn style(cell: &str) -> Style {
    let colour = match cell {
        "active" => AnsiColor::Green,
        "grace" | "pending" | "retiring" => AnsiColor::Yellow,
        "expired" | "revoked" | "blocked" | "retired" => AnsiColor::Red,
        _ => return Style::new(),
    };
    colour.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_in_any_script() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["1", "部署", "active"]), row(["10", "x", "-"])];
        let table = Table::new(&["ID", "NAME", "STATE"], rows);
        let plain = anstream::adapter::strip_str(&table.aligned()).to_string();
        assert_eq!(plain, "ID  NAME  STATE\n1   部署  active\n10  x     -\n");
        assert!(table.aligned().contains("\u{1b}[32mactive\u{1b}[0m"));
        assert_eq!(table.with_tabs(), "1\t部署\tactive\n10\tx\t-\n");
    }

    #[test]
    fn the_next_part_of_a_list_has_no_head_and_no_narrower_columns() {
        let part = |cells: [&str; 2], widths: &mut Vec<usize>, has_head| {
            let row = cells.map(str::to_owned).to_vec();
            let text = Table::new(&["ID", "NAME"], vec![row]).aligned_after(widths, has_head);
            anstream::adapter::strip_str(&text).to_string()
        };
        let mut widths = Vec::new();
        let parts = [
            part(["1000", "x"], &mut widths, false),
            part(["2", "y"], &mut widths, true),
            part(["100000", "z"], &mut widths, true),
        ];
        assert_eq!(parts, ["ID    NAME\n1000  x\n", "2     y\n", "100000  z\n"]);
    }
}
