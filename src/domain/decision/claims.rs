//! The claims of a registry token, in the form that every registry accepts (docs/protocol.md §1.8, §2.3).

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::registry::Registry;
use crate::domain::registry::action::{Action, ActionSet};

/// Seconds by which `nbf` and `iat` are set back: zot allows no difference between clocks.
const BACKDATED: i64 = 10;

/// The claims of one registry token (RFC 7519 section 4.1, docs/protocol.md §1.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegistryTokenClaims<'a> {
    /// The issuer; must equal the registry's `issuer` to the byte.
    pub iss: &'a str,
    /// The user name; empty for anonymous callers.
    pub sub: &'a str,
    /// The service, as a string: 2.x refuses a list.
    pub aud: &'a str,
    /// The end, in seconds since 1970; all times are integers, because registries refuse fractions.
    pub exp: i64,
    /// A time 10 seconds in the past, because clocks differ.
    pub nbf: i64,
    /// A time 10 seconds in the past, because clocks differ.
    pub iat: i64,
    /// The token's own id, which no other has.
    pub jti: String,
    /// The granted actions; never null, and without a null inside, which crashes registries.
    pub access: Vec<Access<'a>>,
}

/// One entry of the `access` claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access<'a> {
    /// `repository` or `registry`, without a class.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The resource's name.
    pub name: &'a str,
    /// The granted actions.
    pub actions: ActionSet,
}

/// The life of a token, in whole seconds: longer when it may push, because uploads take time.
pub fn lifetime(registry: &Registry, decision: &Decision) -> Duration {
    let lifetime = if decision.grants(Action::Push) {
        registry.push_lifetime
    } else {
        registry.pull_lifetime
    };
    Duration::seconds(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 1000))
}

impl<'a> RegistryTokenClaims<'a> {
    /// The claims for a decision.
    pub fn new(
        issuer: &'a str,
        registry: &'a Registry,
        principal: &'a Principal,
        decision: &'a Decision,
        (now, id): (DateTime<Utc>, Uuid),
    ) -> Self {
        let access = decision.granted.iter().map(|scope| Access {
            kind: scope.resource.kind(),
            name: scope.resource.name(),
            actions: scope.actions,
        });
        let now_seconds = now.timestamp();
        Self {
            iss: issuer,
            sub: principal.subject(),
            aud: registry.service.as_str(),
            exp: now_seconds.saturating_add(lifetime(registry, decision).num_seconds()),
            nbf: now_seconds - BACKDATED,
            iat: now_seconds - BACKDATED,
            jti: id.to_string(),
            access: access.collect(),
        }
    }
}
