//! The addresses that clients are sent to.

use std::net::IpAddr;

use url::{Host, Url};

use crate::config::error::ConfigError;
use crate::config::sources::value::Setting;

/// An address that clients are sent to, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The address with `path`, which begins with a slash, behind it.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// Reads an address below which we serve `own` paths, which are no part of it.
    pub(in crate::config) fn read(setting: &Setting, own: &[&str]) -> Result<Self, ConfigError> {
        let text = setting.text()?;
        let refused = |problem: &str| {
            let example = "write an http or https address such as https://auth.example.com";
            Err(setting.wrong(&format!("{problem}; {example}")))
        };
        if text.contains([',', ';']) || text.chars().any(char::is_whitespace) {
            return refused("is more than one address");
        }
        let url = match Url::parse(text) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) => url,
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
                return refused("does not begin with http:// or https://");
            }
            Err(error) => return refused(&format!("is no address ({error})")),
        };
        if !is_written_plainly(text, &url) {
            return refused("has a part that addresses of services do not have");
        }
        let has = |path: &str| format!("{}/", url.path()).contains(&format!("{path}/"));
        if let Some(path) = own.iter().find(|path| has(path)) {
            let problem = format!("ends with {path}, which is added by itself; leave that out");
            return Err(setting.wrong(&problem));
        }
        Ok(Self(url))
    }

    /// The address, unless passwords that are sent there can be read on the way.
    pub(in crate::config) fn fit_for_passwords(
        self,
        setting: &Setting,
    ) -> Result<Self, ConfigError> {
        if self.is_plain() && !self.is_local() {
            return Err(setting.wrong(
                "is plain http, and people sign in there with their passwords; write https, with TLS here \
                 (`admin.tls_certificate`) or in a proxy before it, or an address of this machine such as \
                 http://localhost:5002",
            ));
        }
        Ok(self)
    }

    /// The origin, as browsers write it (RFC 6454 section 6.2).
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The path, without a slash at its end; empty for the whole host.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// True if the scheme is plain `http`.
    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// The host, if it is an IP address and no name.
    pub(in crate::config) fn ip(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
            Host::Domain(_) => None,
        }
    }

    /// True if it leads to the machine that it is used on.
    pub(in crate::config) fn is_local(&self) -> bool {
        self.ip().map_or_else(
            || self.0.host_str() == Some("localhost"),
            |ip| ip.is_loopback(),
        )
    }

    /// The host, as people know the service by it; none for this very machine.
    pub fn known_host(&self) -> Option<&str> {
        self.0.host_str().filter(|_| !self.is_local())
    }

    /// The port, which the scheme gives if none is written.
    pub(in crate::config) fn port(&self) -> Option<u16> {
        self.0.port_or_known_default()
    }
}

/// True if the address has a host, perhaps a port and a path, and nothing else.
pub(in crate::config) fn is_written_plainly(text: &str, url: &Url) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/%".contains(letter);
    let has_two_slashes = text
        .split_once("://")
        .is_some_and(|(_, rest)| !rest.starts_with('/'));
    let has_only_these = has_two_slashes
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(|letter: char| "?#\\@\"<>{}|^`".contains(letter))
        && url.port() != Some(0);
    let is_good_path = url.path().chars().all(is_plain)
        && !url.path().trim_end_matches('/').contains("//")
        && !text
            .split('/')
            .any(|segment| [".", ".."].contains(&segment));
    has_only_these && is_good_path && is_name_or_ip(url)
}

fn is_name_or_ip(url: &Url) -> bool {
    let is_plain = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').split('.').all(is_plain),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}
