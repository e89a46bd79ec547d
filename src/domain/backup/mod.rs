//! Backups: the lines of a file that holds everything stored, whatever the kind of the database.

pub mod cell;
pub mod key_file;
pub mod line;
