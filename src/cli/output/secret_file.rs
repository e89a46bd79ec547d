//! Files for secrets, which a command writes in place of printing them.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use rustix::io::Errno;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::cli::output::Output;
use crate::cli::output::new_file::{folder, sync_name, warn_of_name};
use crate::cli::output::standard_output::must_keep_secrets;

/// The option that names a file for the secret.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretOutput {
    /// Write the secret into this file, which only you can read, and do not print it; - prints it.
    ///
    /// A file of that name is replaced when everything else is done; if something fails, it stays as it is.
    #[arg(long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The option that names a file for a password that nobody has to think of.
#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordOutput {
    /// Draw a random password, and write it into this file, which only you can read.
    ///
    /// A file of that name is replaced when everything else is done; if something fails, it stays as it is.
    #[arg(long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl PasswordOutput {
    /// True if a file is named.
    pub(in crate::cli) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// The place for the password; without a file, none is drawn and none is printed.
    pub(in crate::cli) fn prepare(self) -> anyhow::Result<SecretPlace> {
        match self.file {
            Some(path) if is_dash(&path) => {
                bail!(
                    "no password is printed on standard output; name a file, or ./- for one of that name"
                )
            }
            Some(path) => SecretPlace::file(path),
            None => Ok(SecretPlace::Printed),
        }
    }
}

/// True for the sign of standard output.
fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The place for a secret that is still to be made.
#[derive(Debug)]
pub(in crate::cli) enum SecretPlace {
    /// Standard output.
    Printed,
    /// A file, which is not under its name yet.
    File(NamedTempFile, PathBuf),
}

impl SecretOutput {
    /// The place for the secret: one that cannot take it is found before anything is changed.
    pub(in crate::cli) fn prepare(self) -> anyhow::Result<SecretPlace> {
        match self.file {
            Some(path) if !is_dash(&path) => SecretPlace::file(path),
            _ => {
                must_keep_secrets()?;
                Ok(SecretPlace::Printed)
            }
        }
    }
}

impl SecretPlace {
    /// Makes a file in the same folder as `path`, which only its owner can read: a folder that cannot be written or has
    /// no room is found.
    fn file(path: PathBuf) -> anyhow::Result<Self> {
        if path.is_dir() {
            bail!("{} is a folder; name a file in it", path.display());
        }
        if path.exists() && !path.is_file() {
            bail!(
                "{} is no file that could be replaced; without --output the secret is printed on standard output",
                path.display()
            );
        }
        // A link stays, and the file behind it is made or replaced.
        let path = behind_links(path);
        let prepare = || -> std::io::Result<NamedTempFile> {
            if path.is_symlink() {
                return Err(Errno::LOOP.into());
            }
            let mut file = NamedTempFile::new_in(folder(&path))?;
            file.write_all(&[b' '; 256])?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = prepare().with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self::File(file, path))
    }

    /// Hands a secret over, the only time, which belongs to the thing `of`; `with` and `without` are that in JSON.
    pub(in crate::cli) fn hand_over<T: Serialize>(
        self,
        output: &Output,
        (secret, of): (&str, String),
        with: &T,
        without: &T,
    ) -> anyhow::Result<()> {
        let lost = format!("nobody has the secret of {of}: make another one");
        match self {
            Self::Printed => match output.once(with, secret) {
                Ok(true) => Ok(()),
                Ok(false) => bail!("nobody reads standard output, so {lost}"),
                Err(error) => {
                    let cause = error.root_cause();
                    bail!("standard output could not be written, so {lost}: {cause}")
                }
            },
            Self::File(file, path) => {
                keep(file, &path, secret).with_context(|| {
                    format!("{} could not be written, so {lost}", path.display())
                })?;
                if let Err(error) = sync_name(&path, output) {
                    warn_of_name(&path, &error, output);
                }
                output.note(&format!("The secret is in {}.", path.display()));
                output.for_programs(without)
            }
        }
    }
}

/// The path that links at `path` lead to in the end, also if nothing is there; still a link if they go in a circle.
fn behind_links(mut path: PathBuf) -> PathBuf {
    /// As many as Linux follows.
    const MOST: usize = 40;
    for _ in 0..MOST {
        let Ok(next) = path.read_link() else { break };
        path.set_file_name(next);
    }
    path
}

/// Writes the secret, and gives the file its name.
fn keep(mut file: NamedTempFile, path: &Path, secret: &str) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{secret}")?;
    let length = file.stream_position()?;
    file.as_file().set_len(length)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
