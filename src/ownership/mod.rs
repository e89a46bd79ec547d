//! The owner of files that root makes: who prepares the service as root must not take them from the user as whom it runs.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Gives a file or folder of root's, which was made just now, to the owner of the folder that it is in.
pub(crate) fn give_to_owner(file: &File, path: &Path) {
    let Some(folder) = path.parent().and_then(|folder| fs::metadata(folder).ok()) else {
        return;
    };
    let is_roots = file.metadata().is_ok_and(|file| file.uid() == 0);
    if is_roots && folder.uid() != 0 {
        // A file that stays root's is good for root at least.
        let _ = fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}

/// A folder, and not what a link in its place leads to.
pub(crate) fn open_folder(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    Ok(File::from(folder))
}
