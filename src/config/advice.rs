//! Advice about a configuration that is valid and yet may not do what it should.

use std::net::SocketAddr;

use crate::config::{Config, PublicUrl};

impl Config {
    /// A sentence for each address to which clients may not go, or in vain.
    pub fn address_warnings(&self) -> Vec<String> {
        let (token, admin) = (&self.token, &self.admin);
        let ports = [
            port("token", &token.public_url, token.listen),
            port("admin", &admin.public_url, admin.listen),
        ];
        realm(&token.public_url)
            .into_iter()
            .chain(ports.into_iter().flatten())
            .collect()
    }
}

/// Realms that newer clients do not follow (docs/protocol.md §4.6).
fn realm(url: &PublicUrl) -> Option<String> {
    if let Some(ip) = url.ip() {
        return Some(format!(
            "`token.public_url` has the IP address {ip}: newer clients (crane, oras) refuse it unless the registry has \
             the same address and port; write a name"
        ));
    }
    (url.is_plain() && !url.is_local()).then(|| {
        "`token.public_url` is plain http: newer clients (crane, oras, regctl) refuse it beside a registry with https, \
         and passwords can be read on the way; write https, with TLS in front"
            .to_owned()
    })
}

/// An address on this machine whose port nobody listens on: usually one of the two was changed alone.
fn port(section: &str, url: &PublicUrl, listen: SocketAddr) -> Option<String> {
    let port = url.port().filter(|port| *port != listen.port())?;
    url.is_local().then(|| {
        format!(
            "`{section}.public_url` leads to port {port} of this machine, but `{section}.listen` has port {}; correct \
             one of the two, unless something passes the one on to the other",
            listen.port()
        )
    })
}
