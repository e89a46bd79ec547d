//! Registries as they verify tokens: a second implementation of the rules that were measured
//! (docs/protocol.md §2 and §3), also for the registries that the tests cannot install.
//!
//! | type | verifies as |
//! |---|---|
//! | [`Distribution`] | CNCF Distribution 2.7 to 3.1 and GitLab's fork of 2.x, each a [`Version`] |
//! | [`Zot`] | zot |
//!
//! A registry is started with the files that it mounts, which it reads then and never again. A
//! [`Registry`] of either kind [verifies](Registry::verify) a token, given as text, at an instant: the
//! token's form, its header, the key or chain of certificates that the header names, the signature, and
//! the claims. It answers with the rule that was broken, or with what the token says, which
//! [opens](Registry::permits) pulling, pushing, deleting, or nothing.
//!
//! The crate shares nothing with the service that issues the tokens, so that both can only agree by
//! being right. Its own tests prove that it says what the registries said, with tokens and certificates
//! of which each breaks one rule.

mod certificates;
mod claims;
mod distribution;
mod json;
mod keys;
mod zot;

use chrono::{DateTime, Utc};

pub use certificates::Certificate;
pub use distribution::{Distribution, Settings, Version};
pub use keys::{ID_IN_3_0, PublicKey};
pub use zot::Zot;

/// The rule that a token broke, in words.
pub type Refusal = &'static str;

/// The end of the connection, which is Distribution's answer to a null inside of `access`.
pub const CRASH: Refusal = "the registry crashes";

/// A running registry.
#[derive(Debug)]
pub enum Registry {
    /// CNCF Distribution or GitLab's fork of it.
    Distribution(Distribution),
    /// zot.
    Zot(Zot),
}

/// A request of a client.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// `GET /v2/`, the end of every login.
    Ping,
    /// The list of all repositories.
    Catalog,
    /// Reading from a repository.
    Pull(&'a str),
    /// Writing to a repository.
    Push(&'a str),
    /// Deleting from a repository.
    Delete(&'a str),
}

/// One entry of `access`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `repository` or `registry`; the member `type`.
    pub kind: String,
    /// The name of the repository, or `catalog`.
    pub name: String,
    /// `pull`, `push`, `delete` and `*`, as far as they are granted.
    pub actions: Vec<String>,
}

/// A token that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The user, from the claim `sub`.
    pub subject: String,
    /// The grants, from the claim `access`.
    pub access: Vec<Entry>,
}

impl Registry {
    /// Verifies a token that a client shows at that instant.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Accepted, Refusal> {
        match self {
            Self::Distribution(registry) => registry.verify(token, now),
            Self::Zot(registry) => registry.verify(token, now),
        }
    }

    /// Tells if the bearer of an accepted token may do this (docs/protocol.md §1.7, §3).
    pub fn permits(&self, accepted: &Accepted, wanted: Wanted<'_>) -> bool {
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
        let ([header, claims, signature], Some((signed, _))) =
            (parts.as_slice(), token.rsplit_once('.'))
        else {
            return Err("not three parts");
        };
        let decoded =
            |text: &str| keys::base64url(text).ok_or("a part is not base64url without padding");
        Ok(Self {
            header: decoded(header)?,
            claims: decoded(claims)?,
            signature: decoded(signature)?,
            signed: signed.as_bytes(),
        })
    }
}
