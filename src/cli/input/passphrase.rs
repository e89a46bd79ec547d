//! Passphrases of backups.

use std::fs::File;
use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::cli::input::hidden_line;
use crate::cli::input::{asked_twice, secret_from};

/// The least number of letters: whoever has the file can try passphrases for as long as they like.
const LEAST: usize = 12;

const PROMPT: &str = "Passphrase: ";

/// The option that names the place of a passphrase.
#[derive(Debug, Args)]
pub(in crate::cli) struct PassphraseSource {
    /// Read the passphrase from this file, or from standard input if it is `-`; without it, the terminal asks. A backup is
    /// encrypted if this is given.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseSource {
    /// True if a file is named.
    pub(in crate::cli) fn is_named(&self) -> bool {
        self.passphrase_file.is_some()
    }

    /// True if standard input is named.
    pub(in crate::cli) fn is_piped(&self) -> bool {
        let path = self.passphrase_file.as_deref();
        path.and_then(Path::to_str) == Some("-")
    }

    /// A passphrase for something new, which the terminal asks for twice.
    pub(in crate::cli) fn choose(&self) -> anyhow::Result<SecretString> {
        let chosen = match self.place() {
            PassphrasePlace::File(path) => read(path)?,
            PassphrasePlace::Piped => secret_from(stdin().lock(), "standard input")?,
            PassphrasePlace::Terminal => {
                must_be_a_terminal()?;
                asked_twice("New passphrase: ", "passphrases")?
            }
        };
        if chosen.expose_secret().chars().count() < LEAST {
            bail!(
                "the passphrase is too short: whoever gets the file can try as many as they like. Take {LEAST} letters or more"
            );
        }
        Ok(chosen)
    }

    /// The passphrase of something that is there. Where that comes from standard input, a terminal may be there all the same.
    pub(in crate::cli) fn tell(&self, is_input_taken: bool) -> anyhow::Result<SecretString> {
        match self.place() {
            PassphrasePlace::File(path) => read(path),
            PassphrasePlace::Piped => secret_from(stdin().lock(), "standard input"),
            PassphrasePlace::Terminal if is_input_taken => hidden_line::ask(PROMPT)
                .context("name a file that holds the passphrase with --passphrase-file"),
            PassphrasePlace::Terminal => {
                must_be_a_terminal()?;
                hidden_line::ask(PROMPT)
            }
        }
    }

    fn place(&self) -> PassphrasePlace<'_> {
        match self.passphrase_file.as_deref() {
            // A terminal would show what is typed, so there it is asked for.
            Some(_) if self.is_piped() && stdin().is_terminal() => PassphrasePlace::Terminal,
            Some(_) if self.is_piped() => PassphrasePlace::Piped,
            Some(path) => PassphrasePlace::File(path),
            None => PassphrasePlace::Terminal,
        }
    }
}

/// The place from which a passphrase comes.
enum PassphrasePlace<'a> {
    File(&'a Path),
    Piped,
    Terminal,
}

fn must_be_a_terminal() -> anyhow::Result<()> {
    if stdin().is_terminal() {
        return Ok(());
    }
    bail!(
        "there is no terminal to ask for the passphrase; name a file that holds it with --passphrase-file, or - for \
         standard input"
    )
}

fn read(path: &Path) -> anyhow::Result<SecretString> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    secret_from(file, &name)
}
