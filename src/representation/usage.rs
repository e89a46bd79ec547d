//! Usage in JSON.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::usage::filter::{UsageKey, UsageSum};
use crate::domain::usage::{CredentialKind, RefusedCounts};

/// The usage of one thing, added up. The fields that say what thing it is are null, but for those of what it was added up by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Usage)]
pub struct UsageView {
    /// The day (UTC), with `by=day`.
    day: Option<NaiveDate>,
    /// `access_token`, `deploy_token`, `password`, `refresh_token` or `anonymous`, with `by=token`.
    credential: Option<&'static str>,
    /// The id of the access token or deploy token.
    token_id: Option<i64>,
    /// The user whose credential it is.
    user_id: Option<i64>,
    /// The repository, with `by=repository`; null for all that is counted without one.
    repository: Option<String>,
    /// The project, or the group or user's own namespace for what is in no project, with `by=project`; null for what belongs to
    /// nothing.
    namespace_id: Option<i64>,
    /// Its path.
    namespace: Option<String>,
    /// The first day on which anything was counted.
    first_day: NaiveDate,
    /// The last day on which anything was counted.
    last_day: NaiveDate,
    /// The grants that let nothing but pull.
    pulls: i64,
    /// The grants that let push.
    pushes: i64,
    /// The grants that let delete.
    deletes: i64,
    /// The actions that were refused.
    refused: i64,
    refusals: RefusalsView,
}

/// The actions that were refused, by the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Refusals)]
pub struct RefusalsView {
    /// The repository does not exist, or the caller may not see it.
    hidden: i64,
    /// Without a login, one may only pull.
    login_needed: i64,
    /// The role is too low.
    role_too_low: i64,
    /// The token lacks the scope.
    scope_missing: i64,
    /// The token is for other repositories.
    outside: i64,
    /// Only administrators may do it, or no deploy token.
    not_allowed: i64,
}

impl UsageView {
    /// The sum.
    pub fn new(sum: &UsageSum) -> Self {
        let (counts, key) = (sum.counts, sum.key);
        let (mut repository, mut namespace) = (None, None);
        match key {
            UsageKey::Repository(_) => repository.clone_from(&sum.name),
            UsageKey::Namespace(_) => namespace.clone_from(&sum.name),
            UsageKey::Day(_) | UsageKey::Credential(..) => {}
        }
        let credential = match key {
            UsageKey::Credential(kind, id, user) => Some((kind, id, user)),
            UsageKey::Day(_) | UsageKey::Repository(_) | UsageKey::Namespace(_) => None,
        };
        Self {
            day: match key {
                UsageKey::Day(day) => Some(day),
                UsageKey::Credential(..) | UsageKey::Repository(_) | UsageKey::Namespace(_) => None,
            },
            credential: credential.map(|(kind, _, _)| kind.name()),
            token_id: credential
                .filter(|(kind, _, _)| is_token(*kind))
                .map(|(_, id, _)| id),
            user_id: credential.and_then(|(_, _, user)| user).map(|user| user.0),
            repository,
            namespace_id: match key {
                UsageKey::Namespace(id) => id.map(|id| id.0),
                UsageKey::Day(_) | UsageKey::Credential(..) | UsageKey::Repository(_) => None,
            },
            namespace,
            first_day: sum.first_day,
            last_day: sum.last_day,
            pulls: counts.pulls,
            pushes: counts.pushes,
            deletes: counts.deletes,
            refused: counts.refused.total(),
            refusals: counts.refused.into(),
        }
    }
}

impl From<RefusedCounts> for RefusalsView {
    fn from(counts: RefusedCounts) -> Self {
        let RefusedCounts {
            hidden,
            login_needed,
            role_too_low,
            scope_missing,
            outside,
            not_allowed,
        } = counts;
        Self {
            hidden,
            login_needed,
            role_too_low,
            scope_missing,
            outside,
            not_allowed,
        }
    }
}

fn is_token(kind: CredentialKind) -> bool {
    matches!(
        kind,
        CredentialKind::AccessToken | CredentialKind::DeployToken
    )
}
