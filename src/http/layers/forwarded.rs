//! Reads the addresses that proxies write into a request's headers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses that a request came through, the nearest first; `None` stands for a text that is not
/// an address, such as `unknown`.
///
/// `Forwarded` (RFC 7239) counts only without `X-Forwarded-For`: a proxy that writes the usual header
/// passes on the other one as the client sent it.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(X_FORWARDED_FOR) {
        elements(headers, &X_FORWARDED_FOR, address)
    } else {
        elements(headers, &header::FORWARDED, forwarded_for)
    }
}

/// Every element of a header's lines, from the last to the first, without empty ones.
fn elements(
    headers: &HeaderMap,
    name: &HeaderName,
    read: impl Fn(&str) -> Option<IpAddr>,
) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    for line in headers.get_all(name) {
        match line.to_str() {
            Ok(line) => {
                let written = split(line, ',').into_iter().map(str::trim);
                hops.extend(written.filter(|text| !text.is_empty()).map(&read));
            }
            Err(_) => hops.push(None),
        }
    }
    hops.reverse();
    hops
}

/// The address behind `for=` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = split(element, ';').into_iter();
    pairs.find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_for = name.trim().eq_ignore_ascii_case("for");
        is_for.then(|| address(value.trim()))?
    })
}

/// An address, with or without a port, brackets and quotes.
fn address(text: &str) -> Option<IpAddr> {
    let unquoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    // A port may be hidden behind a made-up name (RFC 7239 section 6.2).
    let node = unquoted
        .split_once(":_")
        .map_or(unquoted, |(node, _)| node)
        .trim();
    let bracketed = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let alone = node.parse::<IpAddr>().ok();
    let address = alone
        .or_else(|| Some(node.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| bracketed().map(|address: Ipv6Addr| address.into()));
    address.map(|address| address.to_canonical())
}

/// Splits at a separator that stands outside of quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = text.split(move |letter| {
        is_quoted ^= letter == '"';
        letter == separator && !is_quoted
    });
    parts.collect()
}
