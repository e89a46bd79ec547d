//! Times on pages.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{DateTime, SecondsFormat, Utc};

/// A time, which the script shows in the reader's zone. It is exact, and in UTC, when the pointer is on it and without the script.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShownTime(pub(super) DateTime<Utc>);

impl fmt::Display for ShownTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.to_rfc3339_opts(SecondsFormat::Secs, true);
        let whole = self.0.format("%Y-%m-%d %H:%M:%S UTC");
        let short = self.0.format("%Y-%m-%d %H:%M UTC");
        write!(
            f,
            "<time datetime=\"{exact}\" title=\"{whole}\">{short}</time>"
        )
    }
}

/// It consists of digits and words of ours.
impl HtmlSafe for ShownTime {}
