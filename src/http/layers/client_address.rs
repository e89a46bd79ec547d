//! The address of a request's client.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::layers::frame::Frame;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer's, or the one that trusted proxies name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

pub(super) async fn note(State(frame): State<Frame>, mut request: Request, next: Next) -> Response {
    if let Some(&ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = client(peer.ip(), request.headers(), &*frame.trusts_proxy);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// Goes back along the proxies as long as they are trusted, and stops at anything that is not an address.
fn client(peer: IpAddr, headers: &HeaderMap, trusts: &dyn Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusts(client) {
            break;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let trusts = |address: IpAddr| address.to_string().starts_with("10.");
        client(peer.parse().unwrap(), &headers, &trusts).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("1.1.1.1", &[]), "1.1.1.1");
        assert_eq!(
            seen("1.1.1.1", &["9.9.9.9"]),
            "1.1.1.1",
            "anyone can write the header"
        );
        assert_eq!(seen("10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(seen("::ffff:10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(
            seen("10.0.0.1", &["8.8.8.8, 9.9.9.9"]),
            "9.9.9.9",
            "the client wrote the first"
        );
        assert_eq!(seen("10.0.0.1", &["8.8.8.8, 10.0.0.2"]), "8.8.8.8");
        assert_eq!(seen("10.0.0.1", &["8.8.8.8", "10.0.0.2"]), "8.8.8.8");
        assert_eq!(seen("10.0.0.1", &["8.8.8.8, junk"]), "10.0.0.1");
    }
}
