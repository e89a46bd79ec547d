//! Copies of the key files, for a backup.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::SecretString;

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
                folders.push(path);
            } else if KeyFile::is_path(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
