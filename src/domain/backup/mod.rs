//! Backups: the lines of a file that holds everything stored, whatever the kind of the database.

pub mod bounds;
pub mod cell;
pub mod change_numbers;
pub mod earlier_numbers;
mod few;
pub mod key_file;
pub mod line;
pub mod row;
pub mod table_head;
