//! Backups: everything that is stored, in a file that any kind of database can be filled from.
//!
//! These are the operator's, who has the database and the keys in hand, and work below all rights; so they are no verbs of the
//! desk. docs/backup-format.md describes the file.

mod back_up;
mod encryption;
mod error;
mod file;
mod reader;
mod restore;

pub use back_up::{BackupOptions, BackupSummary, back_up};
pub use error::BackupError;
pub use file::{BackupContents, BackupFile};
pub use restore::{RestorationOutcome, restore};
