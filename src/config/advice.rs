//! Advice about a configuration that is valid and yet may not do what it should.

use std::net::SocketAddr;

use crate::config::{Config, ConnectionLimits, Networks, PublicUrl, Tls};

/// A listener, as far as clients come to it by its public address.
struct Entrance<'a> {
    section: &'static str,
    url: &'a PublicUrl,
    listen: SocketAddr,
    tls: Option<&'a Tls>,
    proxies: &'a Networks,
}

impl Config {
    /// A sentence about keys that come faster than registries are likely to be restarted.
    pub fn key_warning(&self) -> Option<String> {
        let is_fast = self.key_schedule().is_faster_than_registries();
        is_fast.then(|| {
            "`keys.rotate_every` is not longer than `keys.jwks_activation`, so that a key waits at all times: every registry \
             with trust = \"jwks\" must be restarted between any two keys, or refuses every token; let keys be older, or \
             publish them for a shorter time"
                .to_owned()
        })
    }

    /// A sentence for each listener that one address can take for itself alone.
    pub fn connection_warnings(&self) -> Vec<String> {
        [
            ("token", self.token.limits),
            ("admin", self.admin.limits),
            ("ops", self.ops.limits),
        ]
        .into_iter()
        .filter(|(_, limits)| limits.are_open_to_one())
        .map(|(section, ConnectionLimits { total, per_address })| {
            format!(
                "`{section}.max_connections_per_address` is {per_address}, and `{section}.max_connections` is {total}: one \
                 address can take all places of the listener, and others wait for it; let each have less"
            )
        })
        .collect()
    }

    /// A sentence for each address to which clients may not go, or in vain.
    pub fn address_warnings(&self) -> Vec<String> {
        let token = Entrance {
            section: "token",
            url: &self.token.public_url,
            listen: self.token.listen,
            tls: self.token.tls.as_ref(),
            proxies: &self.token.trusted_proxies,
        };
        let admin = Entrance {
            section: "admin",
            url: &self.admin.public_url,
            listen: self.admin.listen,
            tls: self.admin.tls.as_ref(),
            proxies: &self.admin.trusted_proxies,
        };
        let realm = token.realm().into_iter();
        let others = [token.port(), token.scheme(), admin.port(), admin.scheme()];
        realm.chain(others.into_iter().flatten()).collect()
    }
}

impl Entrance<'_> {
    /// Realms that newer clients do not follow (docs/protocol.md §4.6).
    fn realm(&self) -> Option<String> {
        if let Some(ip) = self.url.ip() {
            return Some(format!(
                "`token.public_url` has the IP address {ip}: newer clients (crane, oras) refuse it unless the registry \
                 has the same address and port; write a name"
            ));
        }
        let is_open = self.url.is_plain() && !self.url.is_local() && self.tls.is_none();
        is_open.then(|| {
            "`token.public_url` is plain http: newer clients (crane, oras, regctl) refuse it beside a registry with \
             https, and the others send passwords and tokens that can be read on the way; write https, with TLS here (`token.tls_certificate`) or in front"
                .to_owned()
        })
    }

    /// An address on this machine whose port nobody listens on: usually one of the two was changed alone.
    fn port(&self) -> Option<String> {
        let Self {
            section,
            url,
            listen,
            ..
        } = self;
        let port = url.port().filter(|port| *port != listen.port())?;
        url.is_local().then(|| {
            format!(
                "`{section}.public_url` leads to port {port} of this machine, but `{section}.listen` has port {}; \
                 correct one of the two, unless something passes the one on to the other",
                listen.port()
            )
        })
    }

    /// An address with the scheme that the listener does not speak, and nobody between who does.
    fn scheme(&self) -> Option<String> {
        let (section, url) = (self.section, self.url);
        match (url.is_plain(), self.tls) {
            (true, Some(_)) => Some(format!(
                "`{section}.public_url` is plain http, but the listener speaks TLS and refuses such requests; write \
                 https"
            )),
            (false, None) if self.proxies.is_empty() => Some(format!(
                "`{section}.public_url` is https, but the listener speaks plain HTTP and no proxy is named that speaks \
                 TLS for it: clients are refused, or all are one address; set `{section}.tls_certificate` and \
                 `{section}.tls_key`, or name the proxy in `{section}.trusted_proxies`"
            )),
            (true, None) | (false, _) => None,
        }
    }
}
