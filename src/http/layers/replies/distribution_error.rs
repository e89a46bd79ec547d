//! Errors in the form of the Distribution spec, which every registry's client reads.

use serde::Serialize;

/// The body of an error reply.
#[derive(Debug, Serialize)]
pub struct DistributionError<'a> {
    errors: [ErrorItem<'a>; 1],
    /// Docker's login looks for this (docs/protocol.md §4.5).
    details: &'a str,
    /// GitLab's clients look for this; only in replies that they may get too.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ErrorItem<'a> {
    code: &'a str,
    message: &'a str,
    detail: Option<()>,
}

impl<'a> DistributionError<'a> {
    /// An error with one of the spec's codes and a message for people.
    pub fn new(code: &'a str, message: &'a str) -> Self {
        Self {
            errors: [ErrorItem {
                code,
                message,
                detail: None,
            }],
            details: message,
            message: None,
        }
    }

    /// The same for GitLab's clients as well.
    #[must_use]
    pub fn for_all_clients(self) -> Self {
        Self {
            message: Some(self.details),
            ..self
        }
    }
}
