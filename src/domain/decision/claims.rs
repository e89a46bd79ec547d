//! The claims of a registry token, in the form that every registry accepts (docs/protocol.md §1.8, §2.3).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::domain::decision::Decision;
use crate::domain::decision::principal::Principal;
use crate::domain::json::{JsonObject, write_list, write_plain_string};
use crate::domain::registry::Registry;
use crate::domain::registry::action::Action;
use crate::domain::registry::scope::Scope;

/// Seconds by which `nbf` and `iat` are set back: zot allows no difference between clocks.
const BACKDATED: i64 = 10;

/// The room for the JSON of claims with a few scopes, in bytes.
const ROOM: usize = 512;

/// The claims of one registry token (RFC 7519 section 4.1, docs/protocol.md §1.8).
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub jti: Uuid,
    /// The granted actions; never null, and without a null inside, which crashes registries.
    pub access: &'a [Scope],
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
        let now_seconds = now.timestamp();
        Self {
            iss: issuer,
            sub: principal.subject(),
            aud: registry.service.as_str(),
            exp: now_seconds.saturating_add(lifetime(registry, decision).num_seconds()),
            nbf: now_seconds - BACKDATED,
            iat: now_seconds - BACKDATED,
            jti: id,
            access: &decision.granted,
        }
    }

    /// The claims as the JSON that is signed.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(ROOM);
        let mut claims = JsonObject::begin(&mut text);
        claims.string("iss", self.iss);
        claims.string("sub", self.sub);
        claims.string("aud", self.aud);
        claims.integer("exp", self.exp);
        claims.integer("nbf", self.nbf);
        claims.integer("iat", self.iat);
        let mut room = Uuid::encode_buffer();
        claims.plain_string("jti", self.jti.hyphenated().encode_lower(&mut room));
        write_list(claims.member("access"), self.access, write_access);
        claims.end();
        text
    }
}

/// Writes an entry of the `access` claim: the resource's type without a class, its name, and the granted actions.
fn write_access(text: &mut Vec<u8>, scope: &Scope) {
    let mut entry = JsonObject::begin(text);
    entry.plain_string("type", scope.resource.kind());
    entry.string("name", scope.resource.name());
    let actions = scope.actions.iter().map(Action::name);
    write_list(entry.member("actions"), actions, write_plain_string);
    entry.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_written_as_registries_read_them() {
        let scopes = ["repository:team/app:push,pull", "registry:catalog:*"];
        let access: Vec<Scope> = scopes.into_iter().filter_map(Scope::parse).collect();
        let claims = RegistryTokenClaims {
            iss: "an \"issuer\"",
            sub: "",
            aud: "Größe",
            exp: 1_700_000_300,
            nbf: 1_700_000_000,
            iat: -1,
            jti: Uuid::nil(),
            access: &access,
        };
        let expected = r#"{"iss":"an \"issuer\"","sub":"","aud":"Größe","exp":1700000300,"nbf":1700000000,"iat":-1,"jti":"00000000-0000-0000-0000-000000000000","access":[{"type":"repository","name":"team/app","actions":["pull","push"]},{"type":"registry","name":"catalog","actions":["*"]}]}"#;
        assert_eq!(String::from_utf8(claims.to_json()).unwrap(), expected);
        let nothing = RegistryTokenClaims {
            access: &[],
            ..claims
        };
        assert!(nothing.to_json().ends_with(br#""access":[]}"#));
    }
}
