//! A registry whose clients come here for tokens.

pub mod action;
pub mod component;
pub mod repository_name;
pub mod scope;

use std::fmt;
use std::time::Duration;

/// A registry's name for itself: its clients send it as `service`, and it is the `aud` of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

/// A text that is not a service name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a service is 1 to 255 printable ASCII characters without space, quote or backslash")]
pub struct InvalidServiceName;

impl ServiceName {
    /// The name as registries write it in `auth.token.service`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServiceName {
    type Error = InvalidServiceName;

    /// Refuses characters that would need escaping: registries put the service between quotes into a
    /// header (docs/protocol.md §1.1).
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        if (1..=255).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidServiceName)
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The way in which a registry comes to trust the key that signed a token (docs/protocol.md §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrustMode {
    /// By our certificate authority: tokens carry `x5c`, the registry has `rootcertbundle`.
    Certificate,
    /// By a key set file: tokens carry `kid` alone, because a 3.x registry that has only `jwks`
    /// refuses every token with `x5c`.
    Jwks,
    /// By a single key that it was given: for registries that know no chain and no key id (zot).
    /// Such a service has a key of its own, which changes only by `keys rotate --service`.
    Pinned,
}

impl TrustMode {
    /// The mode's name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Jwks => "jwks",
            Self::Pinned => "pinned",
        }
    }
}

/// One registry, with the properties of its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The name, which is the audience of its tokens.
    pub service: ServiceName,
    /// The way in which it trusts our keys.
    pub trust: TrustMode,
    /// The life of a token that grants no push.
    pub pull_lifetime: Duration,
    /// The life of a token that grants push: uploads of large layers take time.
    pub push_lifetime: Duration,
}
