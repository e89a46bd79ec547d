//! The outcomes of requests for registry tokens, counted for the operator.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::app::error::DeskError;
use crate::app::registry::request::{IssueError, IssuedRegistryToken};
use crate::domain::authority::Refusal;
use crate::domain::authority::cause::Cause;
use crate::domain::decision::reason::Reason;
use crate::domain::numbers::IssueNumber;
use crate::domain::registry::Registry;
use crate::domain::usage::CredentialKind;
use crate::identity::AuthenticationError;

/// Counts the answers; it takes no lock.
#[derive(Debug)]
pub struct IssueCounts {
    /// One for each registry, and the last for questions that name none of them.
    registries: Vec<OfRegistry>,
}

#[derive(Debug)]
struct OfRegistry {
    service: String,
    issued: NamedCounts,
    refused: NamedCounts,
    denied: NamedCounts,
}

/// Counts by name.
#[derive(Debug)]
struct NamedCounts(Vec<(&'static str, AtomicU64)>);

impl IssueCounts {
    /// Counts for these registries.
    pub fn new(registries: &[Registry]) -> Self {
        let services = registries.iter().map(|registry| registry.service.as_str());
        let of = |service: &str| OfRegistry {
            service: service.to_owned(),
            issued: NamedCounts::by(CredentialKind::ALL.into_iter().map(CredentialKind::name)),
            refused: NamedCounts::by(refusals()),
            denied: NamedCounts::by(Reason::NAMES.iter().copied()),
        };
        Self {
            registries: services.chain([""]).map(of).collect(),
        }
    }

    /// The counts of the registry that a question names; to be kept until it is answered.
    pub(super) fn position(&self, service: Option<&str>) -> usize {
        let known = |registry: &OfRegistry| Some(registry.service.as_str()) == service;
        let last = self.registries.len().saturating_sub(1);
        self.registries.iter().position(known).unwrap_or(last)
    }

    /// Counts an answer to a question at `position`.
    pub(super) fn note(&self, position: usize, answer: Result<&IssuedRegistryToken, &IssueError>) {
        let Some(registry) = self.registries.get(position) else {
            return;
        };
        match answer {
            Ok(token) => {
                if let Some(kind) = CredentialKind::of(&token.principal) {
                    registry.issued.add(kind.name());
                }
                for denial in &token.decision.denied {
                    registry.denied.add(denial.reason.name());
                }
            }
            Err(error) => registry.refused.add(refusal(error)),
        }
    }

    /// The tokens that were issued, by credential.
    pub fn issued(&self) -> Vec<IssueNumber> {
        self.read(|registry| &registry.issued)
    }

    /// The requests that were refused, by reason.
    pub fn refused(&self) -> Vec<IssueNumber> {
        self.read(|registry| &registry.refused)
    }

    /// The actions that issued tokens leave out, by reason.
    pub fn denied(&self) -> Vec<IssueNumber> {
        self.read(|registry| &registry.denied)
    }

    fn read(&self, counts: fn(&OfRegistry) -> &NamedCounts) -> Vec<IssueNumber> {
        let of_registry = |registry: &OfRegistry| {
            let number = |(name, count): &(&'static str, AtomicU64)| IssueNumber {
                registry: registry.service.clone(),
                name,
                count: count.load(Ordering::Relaxed),
            };
            // Nothing but a malformed question is likely where no registry was named: other rows would only be in the way.
            let is_shown = |number: &IssueNumber| number.count > 0 || !number.registry.is_empty();
            let numbers = counts(registry).0.iter().map(number);
            numbers.filter(is_shown).collect::<Vec<_>>()
        };
        self.registries.iter().flat_map(of_registry).collect()
    }
}

impl NamedCounts {
    fn by(names: impl Iterator<Item = &'static str>) -> Self {
        Self(names.map(|name| (name, AtomicU64::new(0))).collect())
    }

    fn add(&self, name: &str) {
        if let Some((_, count)) = self.0.iter().find(|(known, _)| *known == name) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The reasons beside those of wrong credentials.
const OTHERS: [&str; 7] = [
    "throttled",
    "busy",
    "no_registry_scope",
    "malformed_request",
    "login_wanted",
    "unavailable",
    "internal_error",
];

fn refusals() -> impl Iterator<Item = &'static str> {
    Cause::ALL.iter().map(|cause| cause.name()).chain(OTHERS)
}

fn refusal(error: &IssueError) -> &'static str {
    match error {
        IssueError::Authentication(AuthenticationError::Wrong(cause))
        | IssueError::Refresh(DeskError::Forbidden(Refusal::Credential(cause))) => cause.name(),
        IssueError::Authentication(AuthenticationError::Throttled(..)) => "throttled",
        IssueError::Authentication(AuthenticationError::Busy) => "busy",
        IssueError::NoRegistryScope(_) => "no_registry_scope",
        IssueError::MalformedRequest(_) => "malformed_request",
        IssueError::LoginWanted => "login_wanted",
        _ if error.is_temporary() => "unavailable",
        _ => "internal_error",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_count_of_its_own() {
        let names: Vec<&str> = refusals().collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
    }
}
