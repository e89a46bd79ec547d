//! Copies of the key files, for a backup.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::backup::bounds::{ALL_KEY_FILES, LONGEST_KEY_FILE, MOST_KEY_FILES};
use crate::domain::backup::key_file::KeyFile;
use crate::signing::error::KeyError;
use crate::signing::files;
use crate::signing::key_directory::KeyDirectory;
use crate::signing::key_ring::KeyRing;

/// The most readings of a folder that cannot be locked: who writes keys is done within two or three of them.
const MOST_READINGS: usize = 20;

/// All key files in `folder`, as they are while nobody writes one. In a folder that cannot be locked that is most likely, and not sure.
pub fn read_key_files(folder: &Path) -> Result<Vec<KeyFile>, KeyError> {
    let directory = KeyDirectory::at(folder)?;
    if !KeyRing::is_there(folder)? {
        return Err(directory.no_keys());
    }
    if let Some(_lock) = files::lock_to_read(&directory.root)? {
        return read_all(&directory);
    }
    let files = settled(|| read_all(&directory), |one, other| is_same(one, other))?;
    files.ok_or_else(|| {
        let problem =
            "its files change all the time, and it cannot be locked; run this again, or where it can be written";
        KeyError::new(&directory.root, problem)
    })
}

/// The first reading that is the same as the one before it: most likely nobody wrote meanwhile. It may still be of the middle of a rotation
/// that paused for as long, which a start mends (docs/adr/0017-backups-are-lines-that-any-database-takes.md). None if there is none
/// after [`MOST_READINGS`].
fn settled<T>(
    read: impl Fn() -> Result<T, KeyError>,
    is_same: impl Fn(&T, &T) -> bool,
) -> Result<Option<T>, KeyError> {
    let mut before = read()?;
    for _ in 1..MOST_READINGS {
        let now = read()?;
        if is_same(&before, &now) {
            return Ok(Some(now));
        }
        before = now;
    }
    Ok(None)
}

fn is_same(one: &[KeyFile], other: &[KeyFile]) -> bool {
    let is_same = |(one, other): (&KeyFile, &KeyFile)| {
        one.path == other.path && one.text.expose_secret() == other.text.expose_secret()
    };
    one.len() == other.len() && one.iter().zip(other).all(is_same)
}

fn read_all(directory: &KeyDirectory) -> Result<Vec<KeyFile>, KeyError> {
    let (mut found, mut length) = (Vec::new(), 0_usize);
    for path in paths(&directory.root)? {
        let place = directory.root.join(&path);
        let text = if KeyFile::is_public(&path) {
            files::read(&place)?
        } else {
            files::read_private(&place)?
        };
        // One that is gone was deleted by hand.
        let Some(text) = text else { continue };
        length = length.saturating_add(text.len());
        if text.len() > LONGEST_KEY_FILE
            || length > ALL_KEY_FILES / 2
            || found.len() >= MOST_KEY_FILES
        {
            let problem =
                "is too large for a key file, or is one of too many: move away what is none";
            return Err(KeyError::new(&place, problem));
        }
        found.push(KeyFile {
            path,
            text: SecretString::from(text),
        });
    }
    Ok(found)
}

/// The paths of all key files below `root`, with `/` between their parts, in order.
pub(super) fn paths(root: &Path) -> Result<Vec<String>, KeyError> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let place = root.join(&folder);
        let failed = |error: &std::io::Error| {
            KeyError::new(
                &place,
                format!("cannot be listed: {error}; run this as the user of the service"),
            )
        };
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| failed(&error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| failed(&error))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = match folder.as_str() {
                "" => name,
                folder => format!("{folder}/{name}"),
            };
            // Kubernetes mounts secrets as links.
            if entry.path().is_dir() {
                // Any other one, such as the `lost+found` of a disk, may be closed to this user.
                if KeyFile::is_folder(&path) {
                    folders.push(path);
                }
            } else if KeyFile::is_path(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_folder_that_cannot_be_locked_is_read_until_two_readings_are_the_same() {
        let readings = Cell::new(0);
        let read = || {
            readings.set(readings.get() + 1);
            Ok(readings.get().min(4))
        };
        assert_eq!(settled(read, i32::eq).unwrap(), Some(4));
        assert_eq!(readings.get(), 5);
        let read = || {
            readings.set(readings.get() + 1);
            Ok(readings.get())
        };
        assert_eq!(settled(read, i32::eq).unwrap(), None);
    }
}
