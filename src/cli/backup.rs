//! `wharfinger backup` and `wharfinger restore`.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::app::backup::{BackupFile, BackupSummary, RestorationOutcome};
use crate::cli::context::Context;
use crate::cli::input::passphrase::PassphraseSource;
use crate::cli::output::new_file::NewFile;
use crate::cli::output::standard_output::must_be_open;
use crate::cli::output::words::time;
use crate::server::{self, BackupChoice, RestoredBackup};
use crate::signing::KeyRing;

/// The memory in which lines are collected before they are written.
const BUFFER: usize = 128 << 10;

/// The help of the option that names a passphrase, for a backup that is there.
const PASSPHRASE_OF_BACKUP: &str = "Read the passphrase of an encrypted backup from this file, or from standard input if it is `-`; without it, \
                                    the terminal asks";

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// The file to make, or - for standard output. A file that is there is never replaced.
    file: PathBuf,
    /// Put the key files into the backup, too, and encrypt it with a passphrase.
    #[arg(long)]
    with_keys: bool,
    /// Encrypt the backup with a passphrase, also without keys; `age -d` reads it, too.
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

#[derive(Debug, Args)]
#[command(mut_arg("passphrase_file", |option| option.help(PASSPHRASE_OF_BACKUP)))]
pub(super) struct RestoreArguments {
    /// The file that `wharfinger backup` made, or - for standard input.
    file: PathBuf,
    /// Leave out the key files that are in the backup.
    #[arg(long)]
    without_keys: bool,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// Writes a backup.
pub(super) async fn back_up(
    arguments: BackupArguments,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let BackupArguments {
        file,
        with_keys,
        encrypt,
        passphrase,
    } = arguments;
    let is_printed = file.to_str() == Some("-");
    if is_printed && std::io::stdout().is_terminal() {
        bail!("the backup would be printed on the terminal; name a file, or lead it into one");
    }
    if is_printed {
        must_be_open()?;
    }
    // A file that is there is found before anybody is asked for a passphrase.
    let new = (!is_printed).then(|| NewFile::make(&file)).transpose()?;
    let is_encrypted = with_keys || encrypt || passphrase.is_named();
    let choice = BackupChoice {
        with_keys,
        passphrase: is_encrypted.then(|| passphrase.choose()).transpose()?,
    };
    let Some(mut new) = new else {
        let mut output = BufWriter::with_capacity(BUFFER, std::io::stdout());
        let (summary, place) = server::back_up(&context.config, choice, &mut output).await?;
        output.flush().context("the backup cannot be written")?;
        tell(context, &summary, &place, "Standard output");
        return Ok(());
    };
    let mut output = BufWriter::with_capacity(BUFFER, &mut new.file);
    let (summary, place) = server::back_up(&context.config, choice, &mut output).await?;
    output.flush().context("the backup cannot be written")?;
    drop(output);
    new.keep(context.output)?;
    let name = file.to_string_lossy();
    tell(context, &summary, &place, &name);
    let more = json!({ "file": name, "database": place, "encrypted": is_encrypted });
    context.output.for_programs(&with(summary.to_json(), more))
}

/// Tells a person of the backup in `file`, and that it has no keys if so.
fn tell(context: &Context<'_>, summary: &BackupSummary, place: &str, file: &str) {
    let rows: u64 = summary.tally.rows.values().sum();
    let keys = match summary.tally.key_files {
        0 => {
            "; the key files are not in it: keep a copy of them, too, or say --with-keys".to_owned()
        }
        number => format!(" and {number} key files"),
    };
    context.output.note(&format!(
        "{file} has the database {place} after change {}, {rows} rows{keys}.",
        summary.header.change
    ));
}

/// Restores a backup.
pub(super) async fn restore(
    arguments: RestoreArguments,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let is_piped = arguments.file.to_str() == Some("-");
    if is_piped && arguments.passphrase.is_piped() {
        bail!(
            "standard input cannot be both the backup and its passphrase; name a file for one of them"
        );
    }
    let spooled = is_piped.then(spool).transpose()?;
    let file = match &spooled {
        Some((_, path)) => BackupFile::new(path.clone(), None).called("standard input"),
        None => BackupFile::new(arguments.file, None),
    };
    let is_encrypted = file.is_encrypted()?;
    if !is_encrypted && arguments.passphrase.is_named() {
        let warning = "the backup is not encrypted, so its passphrase is not looked at";
        context.output.warn(&[warning.to_owned()]);
    }
    let passphrase = is_encrypted.then(|| arguments.passphrase.tell(is_piped));
    let file = file.with_passphrase(passphrase.transpose()?);
    let with_keys = !arguments.without_keys;
    let restored = server::restore(&context.config, &file, with_keys).await?;
    tell_restored(context, &restored, with_keys)
}

fn tell_restored(
    context: &Context<'_>,
    restored: &RestoredBackup,
    with_keys: bool,
) -> anyhow::Result<()> {
    let RestoredBackup {
        contents,
        place,
        outcome,
    } = restored;
    let key_files = if with_keys {
        contents.key_files().len()
    } else {
        0
    };
    let was_there = *outcome == RestorationOutcome::WasThere;
    if was_there {
        let header = &contents.header;
        let keys = if key_files > 0 {
            ", with its key files,"
        } else {
            ""
        };
        context.output.note(&format!(
            "The backup of {}, after change {}{keys} was restored into the database {place} already; nothing was changed. Now start \
             the service.",
            time(header.created_at),
            header.change
        ));
    } else {
        let folder = &context.config.keys.directory;
        let keys = match key_files {
            // Keys that cannot be read are there all the same.
            0 if KeyRing::is_there(folder).unwrap_or(true) => {
                format!("The key files in {} stay as they are.", folder.display())
            }
            0 => format!(
                "The key files were not: bring your copy of them to {}, or registries will refuse every token.",
                folder.display()
            ),
            number => format!("So were {number} key files."),
        };
        context.output.note(&format!(
            "{} rows as of {} were restored into the database {place}. {keys} Now start the service.",
            contents.rows(),
            time(contents.header.created_at),
        ));
    }
    let more = json!({ "database": place, "key_files": key_files, "already": was_there });
    context.output.for_programs(&with(contents.to_json(), more))
}

/// Standard input in a file, because a backup is read twice. It has no name any more, so that nothing is left of it whatever
/// becomes of this process.
fn spool() -> anyhow::Result<(File, PathBuf)> {
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        bail!(
            "the backup would be read from the terminal; name a file, or lead one into standard input"
        );
    }
    let mut file = tempfile::tempfile().context("standard input cannot be kept in a file")?;
    std::io::copy(&mut input, &mut file).context("standard input cannot be kept in a file")?;
    // This path leads to the file without a name, from its beginning each time.
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    Ok((file, path))
}

/// The members of both.
fn with(mut one: Value, mut more: Value) -> Value {
    if let (Some(all), Some(more)) = (one.as_object_mut(), more.as_object_mut()) {
        all.append(more);
    }
    one
}
