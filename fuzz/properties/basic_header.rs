//! The `Authorization` header: a credential that was encoded well comes back, and a header that is
//! present is never read as no credential.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::reading::{self, Shown};

/// Longest header that is decoded.
const MAX_HEADER: usize = 8 * 1024;

/// Checks `data` as a header, and then as a name, a colon and a secret.
pub fn check(data: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(data) {
        as_it_is(&value);
    }
    for (scheme, encoded) in [
        ("Basic", STANDARD.encode(data)),
        ("bAsIC", STANDARD_NO_PAD.encode(data)),
    ] {
        let text = format!("{scheme} {encoded}");
        let fits = text.len() <= MAX_HEADER;
        let value = HeaderValue::from_str(&text).unwrap_or_else(|_| panic!("base64 is ASCII"));
        let expected = pair(data).filter(|_| fits);
        let expected = expected.map_or(Shown::Unreadable, |(name, secret)| {
            Shown::Basic(name, secret)
        });
        assert_eq!(presented(&[&value]), expected);
        assert_eq!(
            presented(&[&value, &value]),
            Shown::Unreadable,
            "two headers"
        );
    }
}

/// Checks that any header is read as a credential, if only a wrong one.
fn as_it_is(value: &HeaderValue) {
    match presented(&[value]) {
        Shown::Unreadable => {}
        Shown::Basic(name, secret) => {
            let pair = format!("{name}:{secret}");
            assert!(!name.contains(':'));
            let (scheme, encoded) = value
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .unwrap_or_else(|| panic!("not a scheme and a value"));
            assert_eq!(scheme.to_ascii_lowercase(), "basic");
            let without_padding = STANDARD_NO_PAD.encode(&pair);
            let encoded = encoded.trim_matches([' ', '\t']).trim_end_matches('=');
            let is_whole = !name.contains(char::REPLACEMENT_CHARACTER);
            assert!(!is_whole || encoded == without_padding);
        }
        other => panic!("a header was read as {other:?}"),
    }
}

/// The name and the secret around the first colon; only the secret must be UTF-8.
fn pair(data: &[u8]) -> Option<(String, String)> {
    let colon = data.iter().position(|byte| *byte == b':')?;
    let name = String::from_utf8_lossy(&data[..colon]).into_owned();
    let secret = String::from_utf8(data[colon + 1..].to_vec()).ok()?;
    Some((name, secret))
}

fn presented(values: &[&HeaderValue]) -> Shown {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::clone(value));
    }
    reading::get("service=s", &headers).presented
}
