//! The host under which clients know a registry.

use std::fmt;

/// A host, perhaps with a port, as it stands before the name of an image: `registry.example.com:5000`.
///
/// A client takes the beginning of an image's name for a host if it has a dot or a colon, or is `localhost`
/// (docs/protocol.md §1.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryHost(String);

/// A text that is no such host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a registry's host is a name with a dot, `localhost`, or a name with a port, such as registry.example.com:5000"
)]
pub struct InvalidRegistryHost;

/// The longest name in the DNS (RFC 1035 section 2.3.4), with a port.
const MAX_LENGTH: usize = 253 + 6;

impl RegistryHost {
    /// The host as clients write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for RegistryHost {
    type Error = InvalidRegistryHost;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        // The last colon of an IPv6 address stands inside its brackets.
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (text, None),
        };
        let good_port = port.is_none_or(|port| {
            port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
        });
        let is_address = name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
        let is_host = is_address || name.contains('.') || name == "localhost" || port.is_some();
        let is_name = name.split('.').all(is_label);
        if text.len() <= MAX_LENGTH && good_port && is_host && (is_address || is_name) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRegistryHost)
        }
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// True for one part of a name; it needs no quotes in any shell.
fn is_label(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !text.is_empty() && text.bytes().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_what_clients_take_for_one() {
        for good in [
            "registry.example.com",
            "registry.example.com:5000",
            "localhost",
            "localhost:5000",
            "registry:5000",
            "127.0.0.1:5000",
            "[::1]:5000",
            "[2001:db8::1]",
        ] {
            assert_eq!(RegistryHost::try_from(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "registry",
            "container_registry",
            "https://registry.example.com",
            "registry.example.com/",
            "registry.example.com:",
            "registry.example.com:port",
            "registry.example.com:99999",
            "registry.example.com:+80",
            "::1",
            "[::1",
            "a b.c",
            ".example.com",
            "a..b",
            "-a.b",
            "a'b.c",
            "$(x).y",
        ] {
            assert_eq!(
                RegistryHost::try_from(bad),
                Err(InvalidRegistryHost),
                "{bad}"
            );
        }
    }
}
