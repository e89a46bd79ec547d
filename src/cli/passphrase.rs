//! Passphrases of backups.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

/// The least number of letters: whoever has the file can try passphrases for as long as they like.
const LEAST: usize = 12;

/// The most bytes of a file with a passphrase.
const MOST: u64 = 4096;

/// The option that names the place of a passphrase.
#[derive(Debug, Args)]
pub(super) struct PassphraseSource {
    /// Read the passphrase from this file, or from standard input if it is `-`; without it, the terminal asks. A backup is
    /// encrypted if this is given.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseSource {
    /// True if a file is named.
    pub(super) fn is_named(&self) -> bool {
        self.passphrase_file.is_some()
    }

    /// True if standard input is named.
    pub(super) fn is_piped(&self) -> bool {
        let path = self.passphrase_file.as_deref();
        path.and_then(Path::to_str) == Some("-")
    }

    /// A passphrase for something new, which the terminal asks for twice.
    pub(super) fn choose(&self) -> anyhow::Result<SecretString> {
        let chosen = if let Some(path) = &self.passphrase_file {
            read(path)?
        } else {
            let first = ask("New passphrase: ")?;
            if first.expose_secret() != ask("Again: ")?.expose_secret() {
                bail!("the two passphrases differ; nothing was done");
            }
            first
        };
        if chosen.expose_secret().chars().count() < LEAST {
            bail!(
                "the passphrase is too short: whoever gets the file can try as many as they like. Take {LEAST} letters or more"
            );
        }
        Ok(chosen)
    }

    /// The passphrase of something that is there.
    pub(super) fn tell(&self) -> anyhow::Result<SecretString> {
        match &self.passphrase_file {
            Some(path) => read(path),
            None => ask("Passphrase: "),
        }
    }
}

fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for the passphrase; name a file that holds it with --passphrase-file, or - for \
             standard input"
        );
    }
    Ok(SecretString::from(rpassword::prompt_password(prompt)?))
}

/// The text without the line break at its end.
fn read(path: &Path) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    // One letter more, to see that there is too much.
    match path.to_str() {
        Some("-") => (std::io::stdin()
            .lock()
            .take(MOST + 1)
            .read_to_string(&mut text))
        .context("standard input cannot be read")?,
        _ => File::open(path)
            .and_then(|file| file.take(MOST + 1).read_to_string(&mut text))
            .with_context(|| format!("{} cannot be read", path.display()))?,
    };
    if u64::try_from(text.len()).is_ok_and(|length| length > MOST) {
        bail!(
            "{} holds more than a passphrase: {MOST} bytes at the most",
            path.display()
        );
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}
