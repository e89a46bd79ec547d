//! Registries as they verify tokens: a second implementation of the rules measured in
//! docs/protocol.md §2 and §3, for the registries that the tests cannot install.
//!
//! Shares nothing with the service: reads the files that a registry mounts, at its start and never
//! again, and a token as text.

mod certificates;
mod claims;
mod distribution;
mod json;
mod keys;
mod zot;

use chrono::{DateTime, Utc};

pub(crate) use certificates::Certificate;
pub(crate) use distribution::{Distribution, Settings, Version};
pub(crate) use keys::{ID_IN_3_0, PublicKey};
pub(crate) use zot::Zot;

/// The rule that a token broke.
pub(crate) type Refusal = &'static str;

/// What reading a null inside of `access` does to Distribution: the connection is gone.
pub(crate) const CRASH: Refusal = "the registry crashes";

/// A running registry.
pub(crate) enum Registry {
    Distribution(Distribution),
    Zot(Zot),
}

/// What a client wants from it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// `GET /v2/`, the end of every login.
    Ping,
    Catalog,
    Pull(&'a str),
    Push(&'a str),
    Delete(&'a str),
}

/// One entry of `access`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

/// A token that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) subject: String,
    pub(crate) access: Vec<Entry>,
}

impl Registry {
    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Accepted, Refusal> {
        match self {
            Self::Distribution(registry) => registry.verify(token, now),
            Self::Zot(registry) => registry.verify(token, now),
        }
    }

    /// Whether it lets the bearer of a token do this (docs/protocol.md §1.7, §3).
    pub(crate) fn permits(&self, accepted: &Accepted, wanted: Wanted<'_>) -> bool {
        let is_distribution = matches!(self, Self::Distribution(_));
        let (kind, name, needed): (_, _, &[&str]) = match wanted {
            Wanted::Ping => return true,
            Wanted::Catalog => ("registry", "catalog", &["*"]),
            Wanted::Pull(name) => ("repository", name, &["pull"]),
            Wanted::Push(name) if is_distribution => ("repository", name, &["pull", "push"]),
            Wanted::Push(name) => ("repository", name, &["push"]),
            Wanted::Delete(name) => ("repository", name, &["delete"]),
        };
        let held: Vec<&str> = accepted
            .access
            .iter()
            .filter(|entry| entry.kind == kind && entry.name == name)
            .flat_map(|entry| entry.actions.iter().map(String::as_str))
            .collect();
        // To zot `*` is one more action's name.
        let has = |action| held.contains(action) || (is_distribution && held.contains(&"*"));
        needed.iter().all(has)
    }
}

/// The three parts of a compact token, decoded, with what was signed (RFC 7515 section 3.1).
struct Parts<'a> {
    header: Vec<u8>,
    claims: Vec<u8>,
    signature: Vec<u8>,
    signed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err("not three parts");
        };
        let decoded =
            |text: &str| keys::base64url(text).ok_or("a part is not base64url without padding");
        Ok(Self {
            header: decoded(header)?,
            claims: decoded(claims)?,
            signature: decoded(signature)?,
            signed: &token.as_bytes()[..header.len() + 1 + claims.len()],
        })
    }
}
