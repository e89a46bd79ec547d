//! The address of a request's client: the peer's, or the one that trusted proxies name.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::http::layers::client::forgotten_proxy::is_perhaps_ours;
use crate::http::layers::client::forwarded::hops;
use crate::http::layers::settings::LayerSettings;

/// The address of the client of a request with these headers, whose connection is from `peer`.
pub(in crate::http::layers) fn of(
    peer: SocketAddr,
    headers: &HeaderMap,
    settings: &LayerSettings,
) -> IpAddr {
    let (peer, hops) = (peer.ip().to_canonical(), hops(headers));
    if !hops.is_empty() && is_perhaps_ours(peer) && !(settings.trusts_proxy)(peer) {
        settings.forgotten_proxy.warn(peer);
    }
    client(peer, hops, &*settings.trusts_proxy)
}

/// Goes back along the proxies as long as they are trusted, and stops at anything that is not an address.
fn client(peer: IpAddr, hops: Vec<Option<IpAddr>>, trusts: &dyn Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer;
    for hop in hops {
        match hop {
            Some(address) if trusts(client) => client = address,
            _ => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        seen_with(peer, "x-forwarded-for", forwarded)
    }

    fn seen_with(peer: &str, name: &'static str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().unwrap());
        }
        read(peer, &headers)
    }

    fn read(peer: &str, headers: &HeaderMap) -> String {
        let trusts = |address: IpAddr| address.to_string().starts_with("10.");
        let peer: IpAddr = peer.parse().unwrap();
        client(peer.to_canonical(), hops(headers), &trusts).to_string()
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

    #[test]
    fn addresses_are_read_in_all_the_forms_that_proxies_write() {
        for (line, told) in [
            ("203.0.113.7:41234", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:41234", "2001:db8::7"),
            ("\"203.0.113.7\"", "203.0.113.7"),
            ("\"[2001:db8::7]:41234\"", "2001:db8::7"),
            ("203.0.113.7,", "203.0.113.7"),
            ("203.0.113.7, ,", "203.0.113.7"),
            ("  203.0.113.7\t", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:41234, 10.0.0.2:80", "203.0.113.7"),
            ("\"8.8.8.8, 203.0.113.7\"", "10.0.0.1"),
            ("203.0.113.7:99999", "10.0.0.1"),
            ("203.0.113.7 junk", "10.0.0.1"),
            ("[203.0.113.7]", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
            ("\"", "10.0.0.1"),
            ("", "10.0.0.1"),
            (",", "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", &[line]), told, "{line}");
        }
    }

    #[test]
    fn nothing_that_a_client_writes_spoils_what_its_proxy_appends_to_the_line() {
        let joined = |client: &[u8], proxy: &str| {
            let line = [client, b", ", proxy.as_bytes()].concat();
            axum::http::HeaderValue::from_bytes(&line).unwrap()
        };
        let spoiled: [&[u8]; 8] = [
            b"\"",
            b"\xff",
            b"\"8.8.8.8",
            b"for=\"",
            b"for=\"8.8.8.8",
            b"for=8.8.8.8;host=\"\\\"",
            b"\"a\", \"",
            b";,=\\",
        ];
        for client in spoiled {
            for (name, proxy) in [
                ("x-forwarded-for", "203.0.113.7"),
                ("x-forwarded-for", "\"[2001:db8::7]:41234\", 10.0.0.2"),
                ("forwarded", "for=203.0.113.7"),
                ("forwarded", "for=\"203.0.113.7:80\";proto=https"),
                ("forwarded", "host=\"a\\\",b;for=8.8.8.8\";for=203.0.113.7"),
                ("forwarded", "for=203.0.113.7, for=10.0.0.2;host=\"\""),
            ] {
                let mut headers = HeaderMap::new();
                headers.append(name, joined(client, proxy));
                let told = read("10.0.0.1", &headers);
                let right = ["203.0.113.7", "2001:db8::7"].contains(&told.as_str());
                assert!(right, "{told} by {:?}", headers[name]);
            }
        }
    }

    #[test]
    fn forwarded_is_read_as_its_standard_has_it() {
        for (line, told) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"203.0.113.7:41234\"", "203.0.113.7"),
            ("for=203.0.113.7:41234", "203.0.113.7"),
            ("for=\"[2001:db8::7]\"", "2001:db8::7"),
            ("FOR=\"[2001:db8::7]:41234\";proto=https", "2001:db8::7"),
            ("proto=https; by=10.0.0.1; for=203.0.113.7", "203.0.113.7"),
            ("for=8.8.8.8, for=203.0.113.7", "203.0.113.7"),
            ("for=203.0.113.7, for=10.0.0.2;proto=http", "203.0.113.7"),
            ("for=203.0.113.7;host=\"a,b;for=8.8.8.8\"", "203.0.113.7"),
            ("for=\"203.0.113.7:_hidden\"", "203.0.113.7"),
            ("for=_hidden, for=10.0.0.2", "10.0.0.2"),
            ("for=203.0.113.7, by=10.0.0.2", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=unknown;for=8.8.8.8", "10.0.0.1"),
            ("for=203.0.113.7;host=\"é\"", "203.0.113.7"),
            ("203.0.113.7", "10.0.0.1"),
        ] {
            assert_eq!(seen_with("10.0.0.1", "forwarded", &[line]), told, "{line}");
        }
        assert_eq!(
            seen_with(
                "10.0.0.1",
                "forwarded",
                &["for=203.0.113.7", "for=10.0.0.2"]
            ),
            "203.0.113.7",
            "two lines are one list"
        );
        assert_eq!(
            seen_with("1.1.1.1", "forwarded", &["for=9.9.9.9"]),
            "1.1.1.1",
            "anyone can write the header"
        );
    }

    #[test]
    fn the_header_that_a_client_adds_beside_its_proxys_counts_nothing() {
        let mut headers = HeaderMap::new();
        headers.append("forwarded", "for=9.9.9.9".parse().unwrap());
        headers.append("x-forwarded-for", "203.0.113.7".parse().unwrap());
        assert_eq!(read("10.0.0.1", &headers), "203.0.113.7");
    }

    #[test]
    fn a_line_that_is_no_text_ends_the_way() {
        let mut headers = HeaderMap::new();
        let junk = axum::http::HeaderValue::from_bytes(b"\xff").unwrap();
        headers.append("x-forwarded-for", "8.8.8.8".parse().unwrap());
        headers.append("x-forwarded-for", junk);
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        assert_eq!(read("10.0.0.1", &headers), "10.0.0.2");
    }
}
