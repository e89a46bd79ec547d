//! The options for the end of a personal access token.

use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::input::{expiry, read, to_come};
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::expiry::{Expiry, Lifetime};

/// The end of a token.
#[derive(Debug, Clone, Copy, Args)]
#[group(multiple = false)]
pub(super) struct TokenEnd {
    /// The date on which it ends, at 00:00 UTC, or never.
    ///
    /// Left out, a new token ends as `access_tokens.default_lifetime` says, one that takes another's place in 7 days if
    /// that had an end or tokens need one, and one that is changed as before.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = wanted_end)]
    expires_at: Option<WantedEnd>,
    /// The token's lifetime: 90m, 12h or 30d.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    expires_in: Option<Lifetime>,
}

impl TokenEnd {
    /// The end that is wanted `now`, unless it has come already.
    pub(super) fn wanted(self, now: DateTime<Utc>) -> anyhow::Result<WantedEnd> {
        if let Some(lifetime) = self.expires_in {
            return Ok(WantedEnd::At(Expiry::at(lifetime.after(now))));
        }
        if let Some(WantedEnd::At(end)) = self.expires_at {
            to_come(Some(end), now)?;
        }
        Ok(self.expires_at.unwrap_or(WantedEnd::Unsaid))
    }
}

fn wanted_end(text: &str) -> Result<WantedEnd, String> {
    match text {
        "never" => Ok(WantedEnd::Never),
        date => expiry(date)
            .map(WantedEnd::At)
            .map_err(|problem| format!("{problem}, or a lifetime with --expires-in")),
    }
}
