//! Input of commands: options, confirmations and passwords.

mod hidden_line;
pub(in crate::cli) mod passphrase;
pub(in crate::cli) mod token_filter;

use std::io::{BufRead, IsTerminal, Read, Write};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::domain::moment::Moment;

/// The option that answers the question before something is destroyed.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Confirmation {
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl Confirmation {
    /// Asks on the terminal; without a terminal, only `--yes` is a yes.
    pub(in crate::cli) fn ask(self, question: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            bail!("{question} There is nobody to ask; say --yes to do it");
        }
        let mut err = std::io::stderr().lock();
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => bail!("nothing was done"),
        }
    }
}

/// The most bytes of a secret that is read: more than any of them has.
const MOST: u64 = 4096;

/// Reads a secret to the end of its source, without the line break after it; `source` is its name in errors.
pub(in crate::cli) fn secret_from(reader: impl Read, source: &str) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    // One byte more, to see that there is too much.
    let read = reader.take(MOST + 1).read_to_string(&mut text);
    if u64::try_from(read.with_context(|| format!("{source} cannot be read"))?)? > MOST {
        bail!("{source} holds more than a secret: {MOST} bytes at the most");
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}

/// Reads a password from a pipe. A terminal would show what is typed, so there it is asked for.
pub(in crate::cli) fn password_from_stdin() -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return password_from_terminal();
    }
    secret_from(std::io::stdin().lock(), "standard input")
}

/// Asks twice for a new password, on the terminal.
pub(in crate::cli) fn password_from_terminal() -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password; pipe it in with --password-stdin");
    }
    asked_twice("New password: ", "passwords")
}

/// Asks twice for something new; `them` is the word for two of it.
///
/// Control characters are refused: most are keys that were meant for the terminal, and nobody sees that they were pressed.
pub(in crate::cli) fn asked_twice(prompt: &str, them: &str) -> anyhow::Result<SecretString> {
    let first = hidden_line::ask(prompt)?;
    if first.expose_secret().contains(char::is_control) {
        bail!(
            "a key such as Ctrl-Z was pressed, which does nothing here, and {them} from a terminal hold no control \
             characters; nothing was done"
        );
    }
    if first.expose_secret() != hidden_line::ask("Again: ")?.expose_secret() {
        bail!("the two {them} differ; nothing was done");
    }
    Ok(first)
}

/// Parses the value of an option.
pub(in crate::cli) fn read<T>(text: &str) -> Result<T, String>
where
    T: for<'a> TryFrom<&'a str, Error: ToString>,
{
    T::try_from(text).map_err(|error| error.to_string())
}

/// Parses the id of a thing; `list` is the command that shows the ids.
pub(in crate::cli) fn id<T: FromStr>(text: &str, list: &str) -> Result<T, String> {
    let problem = |_| format!("it is not an id; `wharfinger {list} list` shows the ids");
    text.parse().map_err(problem)
}

/// Parses the id of a personal access token.
pub(in crate::cli) fn access_token_id(text: &str) -> Result<AccessTokenId, String> {
    id(text, "token")
}

/// The end, unless it has come already: nothing is made here that is dead from the beginning.
pub(in crate::cli) fn to_come(
    end: Option<Expiry>,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Expiry>> {
    match end {
        Some(end) if end.has_passed(now) => {
            bail!("{end} has come already (an end is at 00:00 UTC); write a later date")
        }
        _ => Ok(end),
    }
}

/// Parses a date on which something ends; an instant must be its beginning, or its time of day would be lost.
pub(in crate::cli) fn expiry(text: &str) -> Result<Expiry, String> {
    let moment =
        Moment::try_from(text).map_err(|_| format!("`{text}` is not a date; write YYYY-MM-DD"))?;
    let end = Expiry::on(moment.date());
    if end.instant() == moment.instant() {
        Ok(end)
    } else {
        Err("it has a time of day, and an end is at 00:00 UTC; write YYYY-MM-DD".to_owned())
    }
}
