//! Numbers that earlier versions stored, and wrote into backups, although they are beyond the bounds.

use crate::domain::backup::bounds::LARGEST_NUMBER;
use crate::domain::backup::cell::Cell;

/// The column that had the largest number of 64 bits for "behind all events of that change".
const BEHIND_ALL: (&str, &str) = ("notice_progress", "event_id");

/// The cell of that column of a table, with a number that says the same within the bounds if it had such a number.
pub fn renewed(table: &str, column: &str, cell: Cell) -> Cell {
    match cell {
        Cell::Integer(i64::MAX) if (table, column) == BEHIND_ALL => Cell::Integer(LARGEST_NUMBER),
        cell => cell,
    }
}
