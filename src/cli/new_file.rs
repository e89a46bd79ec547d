//! Files that are there when they are whole, and never replace another one.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// A file without its name yet, which only its owner can read. If it is dropped, there was none.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Makes a file in the folder of `path`, where nothing is of that name.
    pub(super) fn make(path: &Path) -> anyhow::Result<Self> {
        if path.symlink_metadata().is_ok() {
            bail!(taken(path));
        }
        let file = tempfile::Builder::new()
            .prefix(".wharfinger-")
            .suffix(".part")
            .tempfile_in(folder(path))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Gives the file its name, when all of it is on the disk.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        let path = &self.path;
        let failed = || format!("{} cannot be written", path.display());
        self.file.as_file().sync_all().with_context(failed)?;
        match self.file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => bail!(taken(path)),
            Err(error) => return Err(error.error).with_context(failed),
        }
        File::open(folder(path))
            .and_then(|folder| folder.sync_all())
            .with_context(failed)
    }
}

fn taken(path: &Path) -> String {
    format!(
        "{} is there already, and is not replaced; name another file",
        path.display()
    )
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
