//! Copies of the key files, for a backup, and from one.

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

/// All key files in `folder`, as they are while nobody writes one.
pub fn read_key_files(folder: &Path) -> Result<Vec<KeyFile>, KeyError> {
    let directory = KeyDirectory::at(folder)?;
    if !KeyRing::is_there(folder)? {
        return Err(directory.no_keys());
    }
    let _lock = files::lock(&directory.root)?;
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

/// Makes sure that no key file is in `folder`.
pub fn must_have_no_key_files(folder: &Path) -> Result<(), KeyError> {
    let directory = KeyDirectory::at(folder)?;
    match paths(&directory.root)?.first() {
        None => Ok(()),
        Some(path) => Err(KeyError::new(
            &directory.root.join(path),
            "is there already, and a backup never replaces a key: move the key files away, name another folder in \
             `keys.directory`, or restore --without-keys",
        )),
    }
}

/// Writes key files into `folder`, in which there are none; if that fails, it takes back what it wrote.
pub fn write_key_files(folder: &Path, all: &[KeyFile]) -> Result<(), KeyError> {
    let directory = KeyDirectory::at(folder)?;
    directory.make_folders()?;
    let _lock = files::lock(&directory.root)?;
    must_have_no_key_files(folder)?;
    let written = all.iter().try_for_each(|file| write(&directory, file));
    let checked = written.and_then(|()| {
        let is_there = KeyRing::is_there(folder)?;
        is_there.then_some(()).ok_or_else(|| directory.no_keys())
    });
    if checked.is_err() {
        remove_key_files(folder, all);
    }
    checked
}

/// Takes back key files that were written into `folder`.
pub fn remove_key_files(folder: &Path, all: &[KeyFile]) {
    for file in all {
        // The first error is told; what cannot be removed is in the way of another try, which names it.
        let _ = fs::remove_file(folder.join(&file.path));
    }
}

fn write(directory: &KeyDirectory, file: &KeyFile) -> Result<(), KeyError> {
    let path = directory.root.join(&file.path);
    let (folder_mode, mode) = if KeyFile::is_public(&file.path) {
        (0o755, files::PUBLIC)
    } else {
        (0o700, files::PRIVATE)
    };
    // The folder itself is open to those who pass through to `public`.
    if let Some(folder) = path.parent().filter(|folder| *folder != directory.root) {
        files::make_folder(folder, folder_mode)?;
    }
    files::write(&path, mode, file.text.expose_secret())
}

/// The paths of all key files below `root`, with `/` between their parts, in order.
fn paths(root: &Path) -> Result<Vec<String>, KeyError> {
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
                folders.push(path);
            } else if KeyFile::is_path(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
