//! Files that are there when they are whole, and never replace another one.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

use crate::cli::output::Output;

/// A file without its name yet, which only its owner can read. If it is dropped, there was none.
#[derive(Debug)]
pub(in crate::cli) struct NewFile {
    pub(in crate::cli) file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Makes a file in the folder of `path`, where nothing is of that name.
    pub(in crate::cli) fn make(path: &Path) -> anyhow::Result<Self> {
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
    pub(in crate::cli) fn keep(self, output: &Output) -> anyhow::Result<()> {
        let path = &self.path;
        let failed = || format!("{} cannot be written", path.display());
        self.file.as_file().sync_all().with_context(failed)?;
        match self.file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => bail!(taken(path)),
            Err(error) => return Err(error.error).with_context(failed),
        }
        sync_name(path, output).with_context(failed)
    }
}

/// Makes the name of a file survive a loss of power. In a folder that may be written and not listed, nobody can.
pub(in crate::cli) fn sync_name(path: &Path, output: &Output) -> std::io::Result<()> {
    match File::open(folder(path)) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            warn_of_name(path, &error, output);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Warns that a file is there, and its name perhaps not after a loss of power.
pub(in crate::cli) fn warn_of_name(path: &Path, error: &std::io::Error, output: &Output) {
    output.warn(&[format!(
        "{} is written, but a loss of power may take it away: its folder cannot be synced: {error}",
        path.display()
    )]);
}

fn taken(path: &Path) -> String {
    format!(
        "{} is there already, and is not replaced; name another file",
        path.display()
    )
}

/// The folder of a file.
pub(in crate::cli) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
