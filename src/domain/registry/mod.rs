//! A registry whose clients come here for tokens.

pub mod action;
pub mod component;
pub mod host;
pub mod repository_name;
pub mod scope;

use std::fmt;
use std::time::Duration;

use crate::domain::registry::host::RegistryHost;
use crate::domain::registry::scope::Resource;

/// The longest life of a registry token that can be configured.
pub const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// A registry's name for itself: its clients send it as `service`, and it is the `aud` of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

/// A text that is not a service name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a service is 1 to 255 bytes without quotes, backslashes and control characters")]
pub struct InvalidServiceName;

impl ServiceName {
    /// The name as registries write it in `auth.token.service`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServiceName {
    type Error = InvalidServiceName;

    /// Takes what needs no escaping between the quotes of a header, into which registries put the service
    /// (docs/protocol.md §1.1): spaces too, as in `Docker registry`.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_allowed = |letter: char| !letter.is_control() && !matches!(letter, '"' | '\\');
        let is_blank = text.trim().is_empty();
        if !is_blank && text.len() <= 255 && text.chars().all(is_allowed) {
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
    /// The host under which clients know it, if we were told.
    pub host: Option<RegistryHost>,
    /// The way in which it trusts our keys.
    pub trust: TrustMode,
    /// The life of a token that grants no push.
    pub pull_lifetime: Duration,
    /// The life of a token that grants push: uploads of large layers take time.
    pub push_lifetime: Duration,
}

impl Registry {
    /// True if the registry has such a resource: only zot, which has a pinned key, has a catalog under zot's name.
    pub fn has(&self, resource: &Resource) -> bool {
        *resource != Resource::CatalogOfZot || self.trust == TrustMode::Pinned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_what_a_quoted_string_holds_without_escapes() {
        let read = |text: &str| ServiceName::try_from(text.to_owned());
        for good in [
            "container_registry",
            "Docker registry",
            "registry.example.com:5000",
            "Größe",
            "a/b?c&d",
        ] {
            assert_eq!(read(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a\"b", "a\\b", "a\nb", "a\tb", &"x".repeat(256)] {
            assert_eq!(read(bad), Err(InvalidServiceName), "{bad:?}");
        }
    }
}
