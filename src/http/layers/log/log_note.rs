//! Remarks in the log about a request.
//!
//! A remark is in our own words and holds nothing that a caller wrote, except the names of repositories,
//! which were parsed. Otherwise a secret in the wrong field would end up in the log.

use std::error::Error;
use std::fmt::Write;

use crate::domain::decision::{Decision, Denial};
use crate::domain::registry::scope::Scope;

/// The longest remark, in bytes: a request with many scopes must not fill the disk.
const LONGEST: usize = 2000;

/// The room for a usual one, in bytes.
const USUAL: usize = 256;

/// A remark for the log; a face puts it into its reply, or tells it [`Who`](crate::http::layers::Who).
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
        let texts = texts.iter().map(String::as_str);
        Self(joined(texts, ": ", String::push_str))
    }

    /// The granted and the refused actions.
    pub fn of_decision(decision: &Decision) -> Self {
        let granted = decision.granted.iter().map(Judged::Granted);
        let denied = decision.denied.iter().map(Judged::Denied);
        Self(joined(granted.chain(denied), "; ", write_judged))
    }

    /// The text of the remark.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A part of a decision.
#[derive(Clone, Copy)]
enum Judged<'a> {
    Granted(&'a Scope),
    Denied(&'a Denial),
}

fn write_judged(text: &mut String, judged: Judged<'_>) {
    match judged {
        Judged::Granted(scope) => {
            text.push_str("granted ");
            text.extend(scope.parts());
        }
        Judged::Denied(denial) => {
            let (kind, name) = (denial.resource.kind(), denial.resource.name());
            let (action, reason) = (denial.action, &denial.reason);
            // Writing to a text in memory cannot fail.
            let _ = write!(text, "denied {kind}:{name}:{action} ({reason})");
        }
    }
}

/// The texts that `write` writes, with a separator between, as many as fit, and how many more there are.
fn joined<T>(
    mut texts: impl Iterator<Item = T>,
    separator: &str,
    write: impl Fn(&mut String, T),
) -> String {
    let mut whole = String::with_capacity(USUAL);
    while let Some(text) = texts.next() {
        let before = whole.len();
        let between = if before == 0 { "" } else { separator };
        whole.push_str(between);
        write(&mut whole, text);
        if whole.len() > LONGEST && before == 0 {
            whole.truncate(whole.floor_char_boundary(LONGEST));
        } else if whole.len() > LONGEST {
            whole.truncate(before);
            let more = (1 + texts.count()).to_string();
            whole.extend([separator, "and ", &more, " more"]);
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;
    use crate::domain::decision::reason::Reason;
    use crate::domain::registry::action::Action;

    #[test]
    fn what_does_not_fit_is_counted() {
        let texts = |count: usize| (0..count).map(|number| format!("{number:0>100}"));
        let joined = |count| joined(texts(count), "; ", |whole, text| whole.push_str(&text));
        assert_eq!(joined(0), "");
        assert_eq!(joined(2).len(), 202);
        let long = joined(100);
        assert!(long.len() < LONGEST + 20, "{}", long.len());
        assert!(long.ends_with("; and 81 more"), "{long}");
        let long = "é".repeat(LONGEST);
        let one = super::joined(once(long.as_str()), "; ", String::push_str);
        assert_eq!(one.len(), LONGEST);
    }

    #[test]
    fn a_decision_is_told_action_by_action() {
        let scope = |text| Scope::parse(text).unwrap();
        let decision = Decision {
            granted: vec![
                scope("repository:a/b:pull,push"),
                scope("registry:catalog:*"),
            ],
            denied: vec![Denial {
                resource: scope("repository:c:pull").resource,
                action: Action::Delete,
                reason: Reason::LoginNeeded,
            }],
        };
        let told = LogNote::of_decision(&decision);
        let expected = format!(
            "granted repository:a/b:pull,push; granted registry:catalog:*; denied repository:c:delete ({})",
            Reason::LoginNeeded
        );
        assert_eq!(told.text(), expected);
    }
}
