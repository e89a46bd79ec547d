//! Input of commands: options, confirmations and passwords.

use std::io::{BufRead, IsTerminal, Write};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use secrecy::SecretString;

use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::domain::moment::Moment;

/// The option that answers the question before something is destroyed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Confirmation {
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl Confirmation {
    /// Asks on the terminal; without a terminal, only `--yes` is a yes.
    pub(super) fn ask(self, question: &str) -> anyhow::Result<()> {
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
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => bail!("nothing was done"),
        }
    }
}

/// Reads a password from a pipe, to its end, without the line break after it.
pub(super) fn password_from_stdin() -> anyhow::Result<SecretString> {
    let text = std::io::read_to_string(std::io::stdin().lock())
        .context("standard input cannot be read")?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(
        password.strip_suffix('\r').unwrap_or(password),
    ))
}

/// Asks twice for a new password, on the terminal.
pub(super) fn password_from_terminal() -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password; pipe it in with --password-stdin");
    }
    let first = rpassword::prompt_password("New password: ")?;
    let second = rpassword::prompt_password("Again: ")?;
    if first != second {
        bail!("the two passwords differ; nothing was done");
    }
    Ok(SecretString::from(first))
}

/// Parses the value of an option.
pub(super) fn read<T>(text: &str) -> Result<T, String>
where
    T: for<'a> TryFrom<&'a str, Error: ToString>,
{
    T::try_from(text).map_err(|error| error.to_string())
}

/// Parses the id of a thing; `list` is the command that shows the ids.
pub(super) fn id<T: FromStr>(text: &str, list: &str) -> Result<T, String> {
    let problem = |_| format!("it is not an id; `wharfinger {list} list` shows the ids");
    text.parse().map_err(problem)
}

/// Parses the id of a personal access token.
pub(super) fn access_token_id(text: &str) -> Result<AccessTokenId, String> {
    id(text, "token")
}

/// The end, unless it has come already: nothing is made here that is dead from the beginning.
pub(super) fn to_come(end: Option<Expiry>, now: DateTime<Utc>) -> anyhow::Result<Option<Expiry>> {
    match end {
        Some(end) if end.has_passed(now) => {
            bail!("{end} has come already (an end is at 00:00 UTC); write a later date")
        }
        _ => Ok(end),
    }
}

/// Parses a date on which something ends; an instant must be its beginning, or its time of day would be lost.
pub(super) fn expiry(text: &str) -> Result<Expiry, String> {
    let moment =
        Moment::try_from(text).map_err(|_| format!("`{text}` is not a date; write YYYY-MM-DD"))?;
    let end = Expiry::on(moment.date());
    if end.instant() == moment.instant() {
        Ok(end)
    } else {
        Err("it has a time of day, and an end is at 00:00 UTC; write YYYY-MM-DD".to_owned())
    }
}
