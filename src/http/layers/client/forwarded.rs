//! Reads the addresses that proxies write into a request's headers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::http::layers::client::from_the_right::{Quotes, parts};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses that a request came through, the nearest first; `None` stands for a text that is not
/// an address, such as `unknown`.
///
/// `Forwarded` (RFC 7239) counts only without `X-Forwarded-For`: a proxy that writes the usual header
/// passes on the other one as the client sent it.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(X_FORWARDED_FOR) {
        // Nothing in it can hold a comma, so that quotes hold nothing together.
        elements(headers, &X_FORWARDED_FOR, Quotes::AreText, address)
    } else {
        let quotes = Quotes::Enclose;
        elements(headers, &header::FORWARDED, quotes, forwarded_for)
    }
}

/// Every element of a header's lines, from the last to the first, without empty ones.
///
/// A proxy appends its element to the line that the client sent, so nothing to the left of an element may
/// change how it is read: neither a quote that is left open nor bytes that are no text.
fn elements(
    headers: &HeaderMap,
    name: &HeaderName,
    quotes: Quotes,
    read: impl Fn(&[u8]) -> Option<IpAddr>,
) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).iter().rev();
    let elements = lines.flat_map(|line| parts(line.as_bytes(), b',', quotes));
    let written = elements.map(<[u8]>::trim_ascii);
    written
        .filter(|element| !element.is_empty())
        .map(read)
        .collect()
}

/// The address behind the first `for=` in an element of `Forwarded`.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let pairs = parts(element, b';', Quotes::Enclose).filter_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = pair.split_at(equals);
        let is_for = name.trim_ascii().eq_ignore_ascii_case(b"for");
        is_for.then_some(value.get(1..)?)
    });
    address(pairs.last()?.trim_ascii())
}

/// An address, with or without a port, brackets and quotes.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
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
