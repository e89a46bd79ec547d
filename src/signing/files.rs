//! Key files on disk: never readable by the world, never half written.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use crate::ownership::{give_to_owner, open_folder};
use crate::signing::error::KeyError;

/// The mode of a file that only its owner reads.
pub(super) const PRIVATE: u32 = 0o600;
/// The mode of a file that registries mount.
pub(super) const PUBLIC: u32 = 0o644;
/// The ending of a file that does not have its name yet.
const UNFINISHED: &str = "new";
/// The link in a secret that Kubernetes has mounted to the folder with the files of now.
const NEWEST_OF_SECRET: &str = "..data";
/// Everybody's right to read.
const READ: u32 = 0o004;
/// Everybody's right to write.
const WRITE: u32 = 0o002;

/// The text of a file, if it is there; one that everybody can write is refused.
///
/// A group may write it: on a volume with an `fsGroup`, Kubernetes gives that right to the group.
pub(super) fn read(path: &Path) -> Result<Option<String>, KeyError> {
    // Opening a pipe waits for somebody who writes into it.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let problem =
            "is no file; move it away, and bring the file back from a backup if there was one";
        return Err(KeyError::new(path, problem));
    }
    read_or_wait(path)
}

fn read_or_wait(path: &Path) -> Result<Option<String>, KeyError> {
    if is_open(path, WRITE) {
        let problem = "anyone on this machine can write this file; look if it is as it was, and run \
                       `chmod o-w` on it, else replace it";
        return Err(KeyError::new(path, problem));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::PermissionDenied => {
                    "; run this as the user of the service, and `chown` to that user what is not theirs"
                }
                ErrorKind::InvalidData => {
                    "; it is no text, and key files are; restore it from a backup"
                }
                _ => "",
            };
            let problem = format!("cannot be read: {error}{advice}");
            Err(KeyError::new(path, problem))
        }
    }
}

/// The text of a private file, if it is there; one that the world can read is refused.
///
/// A group may read it, because Kubernetes mounts secrets like that.
pub(super) fn read_private(path: &Path) -> Result<Option<String>, KeyError> {
    must_be_private(path)?;
    read(path)
}

/// The same for a caller with a time limit, who finds out a pipe as a disk that does not answer.
pub(super) fn read_private_or_wait(path: &Path) -> Result<Option<String>, KeyError> {
    must_be_private(path)?;
    read_or_wait(path)
}

fn must_be_private(path: &Path) -> Result<(), KeyError> {
    if is_open(path, READ) {
        let problem = "anyone on this machine can read this private key; if nobody else has, \
                       run `chmod o-rwx` on it, else replace it";
        return Err(KeyError::new(path, problem));
    }
    Ok(())
}

/// Refuses a folder that everybody can write into: a key of theirs would sign. A group may, as with files. Where a secret of Kubernetes
/// is mounted, the folder says that everybody can, and nobody can.
pub(super) fn check_folder(path: &Path) -> Result<(), KeyError> {
    let mounted = rustix::fs::statvfs(path).map(|found| found.f_flag);
    check_mounted_folder(path, mounted.unwrap_or(StatVfsMountFlags::empty()))
}

fn check_mounted_folder(path: &Path, mounted: StatVfsMountFlags) -> Result<(), KeyError> {
    // Another folder that is mounted for reading alone may be written by other paths.
    let is_mounted_secret =
        mounted.contains(StatVfsMountFlags::RDONLY) && path.join(NEWEST_OF_SECRET).is_symlink();
    if is_open(path, WRITE) && !is_mounted_secret {
        let problem = "anyone on this machine can put files into this folder; look if all in it are yours, and run \
                       `chmod o-w` on it";
        return Err(KeyError::new(path, problem));
    }
    Ok(())
}

/// True if it is there and everybody on this machine has that right to it.
fn is_open(path: &Path, right: u32) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & right != 0)
}

/// Replaces a file as a whole and durably: a reader sees all of the new text or all of the old.
pub(super) fn write(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let beside = path.with_extension(UNFINISHED);
    // A start that was killed may have left this behind; nobody needs it.
    let _ = fs::remove_file(&beside);
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside);
    let written = opened.and_then(|mut file| {
        give_to_owner(&file, path);
        let replaced = fill(&mut file, mode, text).and_then(|()| fs::rename(&beside, path));
        if replaced.is_err() {
            // On a full disk, one for each try would stay.
            let _ = fs::remove_file(&beside);
        }
        replaced
    });
    written
        .and_then(|()| path.parent().map_or(Ok(()), sync_folder))
        .map_err(|error| KeyError::new(path, format!("cannot be written: {error}")))
}

fn fill(file: &mut File, mode: u32, text: &str) -> std::io::Result<()> {
    // The umask may have taken away registries' right to read public files.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Removes what writers left in a folder that were killed. The caller holds the lock of all who write there.
pub(super) fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if has_ending(&path, UNFINISHED) {
            // One that stays is in nobody's way.
            let _ = fs::remove_file(path);
        }
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|extension| extension == ending)
}

/// Makes a rename survive a loss of power.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Deletes a file; it is no error if it is gone already.
pub(super) fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(KeyError::new(path, format!("cannot be deleted: {error}")))
        }
        _ => Ok(()),
    }
}

/// Moves a file to another folder.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), KeyError> {
    let renamed = fs::rename(from, to).and_then(|()| {
        let folders = [from.parent(), to.parent()];
        folders.into_iter().flatten().try_for_each(sync_folder)
    });
    renamed.map_err(|error| {
        let problem = format!("cannot be moved to {}: {error}", to.display());
        KeyError::new(from, problem)
    })
}

/// Makes a folder and those above it, if they are missing.
pub(super) fn make_folder(path: &Path, mode: u32) -> Result<(), KeyError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), |above| make_folder(above, mode))?;
    let finished = match DirBuilder::new().mode(mode).create(path) {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // As with files: the umask must not close what others mount.
        created => created
            .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
            .and_then(|()| open_folder(path))
            .map(|folder| give_to_owner(&folder, path)),
    };
    finished.map_err(|error| KeyError::new(path, format!("the folder cannot be made: {error}")))
}

/// Waits until no other start is making keys in this folder; the lock ends with the value.
pub(super) fn lock(folder: &Path) -> Result<File, KeyError> {
    let (path, file) = open_lock(folder)?;
    file.lock().map_err(|error| not_locked(&path, &error))?;
    Ok(file)
}

/// A lock of the folder for somebody who only reads; none where this process may not write: in a folder that is mounted read-only, or
/// is another user's.
pub(super) fn lock_to_read(folder: &Path) -> Result<Option<File>, KeyError> {
    let path = folder.join(".lock");
    let file = match open_to_lock(&path) {
        Err(error) if is_not_ours(error.kind()) => return Ok(None),
        file => file.map_err(|error| not_locked(&path, &error))?,
    };
    file.lock().map_err(|error| not_locked(&path, &error))?;
    Ok(Some(file))
}

fn is_not_ours(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied
    )
}

/// The lock of the folder, unless another process has it.
pub(super) fn try_lock(folder: &Path) -> Result<Option<File>, KeyError> {
    let (path, file) = open_lock(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(not_locked(&path, &error)),
    }
}

fn open_lock(folder: &Path) -> Result<(PathBuf, File), KeyError> {
    let path = folder.join(".lock");
    match open_to_lock(&path) {
        Ok(file) => Ok((path, file)),
        Err(error) => Err(not_locked(&path, &error)),
    }
}

fn open_to_lock(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(PRIVATE);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            give_to_owner(&file, path);
            Ok(file)
        }
        // One that is there stays whose it is: the folder's owner may have put a link to another file of root's in its place.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

fn not_locked(path: &Path, error: &std::io::Error) -> KeyError {
    KeyError::new(path, format!("cannot be locked: {error}"))
}

/// The files in a folder that end in `.pem`, by name; none if there is no folder. A link that leads nowhere is none: what it led to is
/// lost, or the volume with it is not there.
pub(super) fn pem_files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    check_folder(folder)?;
    folder.parent().map_or(Ok(()), check_folder)?;
    let failed =
        |error: &std::io::Error| KeyError::new(folder, format!("cannot be listed: {error}"));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed(&error))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(&error))?.path();
        if has_ending(&path, "pem") && leads_somewhere(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// True also if it cannot be known.
fn leads_somewhere(path: &Path) -> bool {
    fs::metadata(path).map_or_else(|error| error.kind() != ErrorKind::NotFound, |_| true)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// Everybody may write into it, as its mode says; the mount of a secret says so too, and nobody can.
    #[test]
    fn an_open_folder_is_refused_unless_it_is_a_secret_that_kubernetes_has_mounted() {
        let (folder, link) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        std::os::unix::fs::symlink("..2026", link.path().join(NEWEST_OF_SECRET)).unwrap();
        let (writable, read_only) = (StatVfsMountFlags::empty(), StatVfsMountFlags::RDONLY);
        for (path, mounted, is_taken) in [
            (folder.path(), writable, false),
            (folder.path(), read_only, false),
            (link.path(), writable, false),
            (link.path(), read_only, true),
        ] {
            assert!(check_mounted_folder(path, mounted).is_ok(), "closed yet");
            fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
            let checked = check_mounted_folder(path, mounted);
            assert_eq!(checked.is_ok(), is_taken, "{mounted:?}");
            assert!(check_folder(path).is_err(), "no mount of its own");
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        }
    }

    /// Opening a pipe waits for somebody who writes into it.
    #[test]
    fn what_is_no_file_is_told_at_once() {
        let folder = TempDir::new().unwrap();
        let [pipe, inner] = ["a.pem", "b.pem"].map(|name| folder.path().join(name));
        let made = std::process::Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&pipe)
            .status();
        assert!(made.unwrap().success());
        DirBuilder::new().mode(0o700).create(&inner).unwrap();
        for path in [pipe, inner] {
            let told = read_private(&path).unwrap_err().to_string();
            assert!(told.contains("is no file; move it away"), "{told}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_beside_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.pem");
        // A folder cannot be replaced by a file.
        fs::create_dir(&path).unwrap();
        let told = write(&path, PRIVATE, "text").unwrap_err().to_string();
        assert!(told.contains("cannot be written"), "{told}");
        assert_eq!(names(folder.path()), ["a.pem"]);
    }
}
