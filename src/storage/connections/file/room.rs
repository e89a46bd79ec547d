//! The room on the disk of a SQLite database.

use std::io;

use crate::storage::connections::file::DatabaseFile;
use crate::storage::error::StorageError;

impl DatabaseFile {
    /// Makes sure that the disk has room for more than one change.
    pub(in crate::storage) fn must_have_room(&self) -> Result<(), StorageError> {
        self.must_have(256 * 1024)
    }

    /// Makes sure that SQLite can make the index of its log, unless another process has it: on a disk that is full it would be killed
    /// where blocks are small, and fail with words of its own elsewhere.
    pub(super) fn must_have_room_to_open(&self) -> Result<(), StorageError> {
        if self.part("-shm").exists() {
            return Ok(());
        }
        self.must_have(64 * 1024)
    }

    fn must_have(&self, least: u64) -> Result<(), StorageError> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let disk =
            rustix::fs::statvfs(folder).map_err(|error| self.failed(&io::Error::from(error)))?;
        let room = disk.f_bavail.saturating_mul(disk.f_frsize);
        // A disk without bounds, such as a tmpfs of `size=0`, tells no size.
        if room >= least || disk.f_blocks == 0 {
            return Ok(());
        }
        Err(self.unusable(&format!(
            "its disk is full: {} KiB are left in {}",
            room / 1024,
            folder.display()
        )))
    }
}
