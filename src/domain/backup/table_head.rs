//! The line before the rows of a table.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::backup::bounds::{LONGEST_NAME, MOST_COLUMNS, is_key};
use crate::domain::backup::cell::{Cell, CellKind};
use crate::domain::backup::earlier_numbers::renewed;
use crate::domain::backup::few;
use crate::domain::backup::row::RowValues;

/// The line before the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableHead {
    /// The name of the table.
    pub table: String,
    /// The columns, each with its kind, in the order of the cells; the first is the key.
    #[serde(deserialize_with = "few::columns")]
    pub columns: Vec<(String, CellKind)>,
    /// The last id that the database gave out here, perhaps to a row that is deleted; none if it gives out none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_id: Option<i64>,
}

impl TableHead {
    /// The fault in it, if there is one. Names without one can stand in a statement as they are.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let names: BTreeSet<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let is_key_first = matches!(self.columns.first(), Some((_, CellKind::Integer)));
        if !is_plain(&self.table) {
            Some("its table has no name that a table can have")
        } else if !names.iter().all(|name| is_plain(name)) {
            Some("a column has no name that a column can have")
        } else if self.columns.len() > MOST_COLUMNS || names.len() < self.columns.len() {
            Some("it has too many columns, or one of them twice")
        } else if !is_key_first {
            Some("its first column is no key")
        } else if self.last_id.is_some_and(|last| !is_key(last)) {
            Some("its last id is out of range")
        } else {
            None
        }
    }

    /// The cells of a row of this table, or the fault in them.
    pub fn cells(&self, RowValues(values): RowValues) -> Result<Vec<Cell>, String> {
        let (there, due) = (values.len(), self.columns.len());
        if there != due {
            return Err(format!(
                "it has {there} values, and its table {due} columns"
            ));
        }
        let columns = self.columns.iter().zip(values);
        let cell = |((name, kind), value): (&(String, CellKind), Value)| {
            let cell = Cell::from_json(*kind, value);
            let cell = cell.map(|cell| renewed(&self.table, name, cell));
            cell.filter(Cell::is_in_bounds)
                .ok_or_else(|| format!("its {name} is of another kind, or out of range"))
        };
        columns.map(cell).collect()
    }

    /// The key of a row.
    pub fn key(cells: &[Cell]) -> Option<i64> {
        match cells.first() {
            Some(Cell::Integer(key)) if is_key(*key) => Some(*key),
            _ => None,
        }
    }

    /// The cell of a row in the column of that name.
    pub fn cell<'a>(&self, cells: &'a [Cell], column: &str) -> Option<&'a Cell> {
        let place = self.columns.iter().position(|(name, _)| name == column)?;
        cells.get(place)
    }
}

fn is_plain(name: &str) -> bool {
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(plain)
}
