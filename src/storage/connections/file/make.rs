//! Makes the file of a SQLite database, and its folder.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::ownership::{give_to_owner, open_folder};
use crate::storage::connections::file::DatabaseFile;
use crate::storage::error::StorageError;

impl DatabaseFile {
    /// True if a missing file may be made, whose folder then is made too.
    ///
    /// Only its owner may read such a folder: it holds everybody's names and the digests of their secrets.
    pub(in crate::storage::connections) fn make_room(&self) -> Result<bool, StorageError> {
        self.must_leave_nothing_behind()?;
        if self.must_exist {
            self.must_be_there()?;
        }
        // The folder behind a link is not made: it may be a disk that is not there at this moment.
        let folder = self.named.parent().unwrap_or(&self.named);
        make_folder(folder).map_err(|error| {
            StorageError::Address(format!(
                "the folder {} cannot be made: {error}",
                folder.display()
            ))
        })?;
        match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(_) => self.must_have_room_to_open()?,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(self.failed(&error)),
            Err(_) => self.make_empty()?,
        }
        Ok(!self.must_exist)
    }

    /// Makes an empty file, which SQLite fills. What SQLite makes beside it gets the same owner.
    fn make_empty(&self) -> Result<(), StorageError> {
        let behind = self.path.parent().unwrap_or(&self.path);
        if behind.exists() {
            self.must_have_room_to_open()?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(&self.path) {
            Ok(file) => {
                give_to_owner(&file, &self.path);
                Ok(())
            }
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(StorageError::Address(format!(
                "no file can be made in the folder {}: {error}; it must be there, and belong to the user of this program or be \
                 writable for it",
                behind.display()
            ))),
        }
    }
}

/// Makes a folder and those above it, if they are missing.
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), make_folder)?;
    match DirBuilder::new().mode(0o700).create(path) {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => {
            made?;
            give_to_owner(&open_folder(path)?, path);
            Ok(())
        }
    }
}
