//! Remarks in the log about a request.
//!
//! A remark is in our own words and holds nothing that a caller wrote, except the names of repositories,
//! which were parsed. Otherwise a secret in the wrong field would end up in the log.

use std::error::Error;

use crate::domain::decision::Decision;

/// The longest remark, in bytes: a request with many scopes must not fill the disk.
const LONGEST: usize = 2000;

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
        let granted = decision
            .granted
            .iter()
            .map(|scope| format!("granted {scope}"));
        let denied = decision.denied.iter().map(|denial| {
            let (kind, name) = (denial.resource.kind(), denial.resource.name());
            format!("denied {kind}:{name}:{} ({})", denial.action, denial.reason)
        });
        Self(joined(granted.chain(denied), "; "))
    }

    /// The text of the remark.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// The texts with a separator between, as many as fit, and how many more there are.
fn joined(mut texts: impl Iterator<Item = String>, separator: &str) -> String {
    let mut whole = texts.next().unwrap_or_default();
    whole.truncate(whole.floor_char_boundary(LONGEST));
    while let Some(text) = texts.next() {
        if whole.len() + separator.len() + text.len() > LONGEST {
            let more = 1 + texts.count();
            return format!("{whole}{separator}and {more} more");
        }
        whole.push_str(separator);
        whole.push_str(&text);
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
