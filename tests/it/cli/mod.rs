//! The command line, as a script and a person use it.

mod access_tokens;
mod audit;
mod backup;
mod database;
mod deploy_tokens;
mod disk_full;
mod every_noun;
mod first_start;
mod hang_ups;
mod keys;
mod lists;
pub(crate) mod log_notes;
mod long_lists;
mod lost_keys;
mod machines;
mod migrations;
mod namespaces;
mod notices;
pub(crate) mod ports;
mod prompts;
mod refresh_tokens;
mod registry;
pub(crate) mod running;
mod secret_files;
mod standard_output;
mod terminal;
mod two_factor;
mod unpublished_keys;
mod usage;
mod users;
mod workplace;
mod wrong_things;

use std::path::Path;

pub(crate) use workplace::{Workplace, stderr};

/// Gives a file or folder to somebody else, and closes it to everybody else; false if only root could do that.
fn give_away(path: &Path) -> bool {
    std::os::unix::fs::chown(path, Some(12345), Some(12345)).is_ok()
        && std::process::Command::new("chmod")
            .args(["-R", "go-rwx"])
            .arg(path)
            .status()
            .is_ok_and(|status| status.success())
}
