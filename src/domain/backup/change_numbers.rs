//! The numbers of changes in a backup: none is beyond the last, or a later change would take one that is taken.

use crate::domain::backup::cell::Cell;
use crate::domain::backup::table_head::TableHead;

/// The table with the number of the last change, which has one row.
pub const COUNTER_TABLE: &str = "change_counter";
/// The columns with numbers of changes.
const COLUMNS: [(&str, &str); 4] = [
    (COUNTER_TABLE, "number"),
    ("changes", "number"),
    ("events", "change_number"),
    ("notice_progress", "change_number"),
];

/// The numbers that changes of a backup may have.
#[derive(Debug, Clone, Copy)]
pub struct ChangeNumbers {
    last: i64,
}

impl ChangeNumbers {
    /// Those up to the last, which the header has.
    pub fn until(last: i64) -> Self {
        Self { last }
    }

    /// The fault in a row's number, if it has one and that is another than it can be.
    pub fn check(self, head: &TableHead, cells: &[Cell]) -> Result<(), &'static str> {
        let column = COLUMNS.iter().find(|(table, _)| *table == head.table);
        let cell = column.and_then(|(_, column)| head.cell(cells, column));
        let Some(Cell::Integer(number)) = cell else {
            return Ok(());
        };
        if head.table == COUNTER_TABLE {
            let is_last = *number == self.last && TableHead::key(cells) == Some(1);
            return is_last
                .then_some(())
                .ok_or("it is not the number of the last change that the first line names");
        }
        (0..=self.last)
            .contains(number)
            .then_some(())
            .ok_or("its number is beyond that of the last change")
    }
}
