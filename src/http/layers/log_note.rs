//! Remarks in the log about a request.
//!
//! A remark is in our own words and holds nothing that a caller wrote, except the names of repositories,
//! which were parsed. Otherwise a secret in the wrong field would end up in the log.

use std::error::Error;
use std::fmt::{self, Write};

use crate::domain::decision::{Decision, Denial};
use crate::domain::registry::scope::Scope;

/// The longest remark, in bytes: a request with many scopes must not fill the disk.
const LONGEST: usize = 2000;

/// The room for a usual one, in bytes.
const USUAL: usize = 256;

/// A remark for the log; a face puts it into its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogNote(String);

impl LogNote {
    /// A sentence.
    pub fn sentence(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// An error with its causes, each once; their texts must be our own words.
    pub fn of_error(error: &dyn Error) -> Self {
        let mut texts = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        Self(joined(texts.into_iter(), ": "))
    }

    /// The granted and the refused actions.
    pub fn of_decision(decision: &Decision) -> Self {
        let granted = decision.granted.iter().map(Judged::Granted);
        let denied = decision.denied.iter().map(Judged::Denied);
        Self(joined(granted.chain(denied), "; "))
    }

    /// The text of the remark.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A part of a decision.
enum Judged<'a> {
    Granted(&'a Scope),
    Denied(&'a Denial),
}

impl fmt::Display for Judged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(scope) => {
                f.write_str("granted ")?;
                scope.fmt(f)
            }
            Self::Denied(denial) => {
                let (kind, name) = (denial.resource.kind(), denial.resource.name());
                let (action, reason) = (denial.action, &denial.reason);
                write!(f, "denied {kind}:{name}:{action} ({reason})")
            }
        }
    }
}

/// The texts with a separator between, as many as fit, and how many more there are.
fn joined(mut texts: impl Iterator<Item = impl fmt::Display>, separator: &str) -> String {
    let mut whole = String::with_capacity(USUAL);
    while let Some(text) = texts.next() {
        let before = whole.len();
        let between = if before == 0 { "" } else { separator };
        whole.push_str(between);
        // Writing to a text in memory cannot fail.
        let _ = write!(whole, "{text}");
        if whole.len() > LONGEST && before == 0 {
            whole.truncate(whole.floor_char_boundary(LONGEST));
        } else if whole.len() > LONGEST {
            whole.truncate(before);
            let more = 1 + texts.count();
            let _ = write!(whole, "{separator}and {more} more");
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let texts = |count: usize| (0..count).map(|number| format!("{number:0>100}"));
        assert_eq!(joined(texts(0), "; "), "");
        assert_eq!(joined(texts(2), "; ").len(), 202);
        let long = joined(texts(100), "; ");
        assert!(long.len() < LONGEST + 20, "{}", long.len());
        assert!(long.ends_with("; and 81 more"), "{long}");
        let one = joined(std::iter::once("é".repeat(LONGEST)), "; ");
        assert_eq!(one.len(), LONGEST);
    }
}
