//! Pages over plain HTTP, which are for the machine itself.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Host;

use crate::http::web::page::error::WebError;

/// The guard of passwords against plain HTTP over a network. While the public address is plain HTTP, it leads to this machine (the
/// configuration takes no other); a page that is asked for under another name or address comes over the network, where the next
/// form would show its password to everybody.
#[derive(Clone)]
pub struct ThisMachine {
    /// True if the public address is HTTPS.
    pub is_secure: bool,
    /// True for the addresses of proxies that are trusted.
    pub trusts_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl fmt::Debug for ThisMachine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut guard = formatter.debug_struct("ThisMachine");
        guard
            .field("is_secure", &self.is_secure)
            .finish_non_exhaustive()
    }
}

impl ThisMachine {
    /// Answers 421 to whoever comes from elsewhere (RFC 9110 section 15.5.20).
    pub(super) async fn guard(State(guard): State<Self>, request: Request, next: Next) -> Response {
        let is_safe = if guard.is_secure {
            !is_plain_form(&request)
        } else {
            guard.is_from_here(&request)
        };
        if is_safe {
            next.run(request).await
        } else {
            WebError::PlainHttp.into_response()
        }
    }

    /// True unless the request names another host. Proxies write what they want there, so those count that are on this machine or
    /// trusted.
    fn is_from_here(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let is_proxy = peer.is_some_and(|peer| peer.is_loopback() || (self.trusts_proxy)(peer));
        is_proxy || host(request).is_none_or(|host| leads_here(&host))
    }
}

/// True for a form that a browser sends over plain HTTP, which would take no cookie for it, unless it is on this machine. Its page is
/// shown to it: proxies that speak TLS ask for pages in the same way, and only a form says from which address it comes.
fn is_plain_form(request: &Request) -> bool {
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let host = origin.and_then(|origin| origin.strip_prefix("http://"));
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    !request.method().is_safe() && host.is_some_and(|host| !leads_here(host.host()))
}

/// The host that a request names: in its address with HTTP/2, else in a header.
fn host(request: &Request) -> Option<String> {
    let in_header = || {
        let value = request.headers().get(header::HOST)?;
        // A host that nobody can read leads nowhere.
        let authority = Authority::try_from(value.as_bytes());
        Some(authority.map_or_else(|_| String::new(), |authority| authority.host().to_owned()))
    };
    let in_address = request.uri().host().map(str::to_owned);
    in_address.or_else(in_header)
}

/// True for the names and addresses that lead each machine to itself (RFC 6761 section 6.3).
fn leads_here(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known() {
        for host in [
            "localhost",
            "LocalHost",
            "localhost.",
            "auth.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "[::1]",
        ] {
            assert!(leads_here(host), "{host}");
        }
        for host in [
            "",
            "auth.example.com",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
            "0.0.0.0",
            "192.0.2.1",
            "[2001:db8::1]",
            "[::1",
            "a b",
        ] {
            assert!(!leads_here(host), "{host}");
        }
    }
}
