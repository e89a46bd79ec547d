//! Reads the `Authorization` header.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use secrecy::SecretString;

use crate::identity::PresentedCredential;

/// Longest header that is decoded; tokens and passwords are far shorter.
const MAX_HEADER: usize = 8 * 1024;

/// The credential in the headers: Basic (RFC 7617), or none, or something unreadable.
///
/// A header that is present but not Basic, not base64 or without a colon, or whose secret is not UTF-8, is
/// unreadable, and so are two headers: never anonymous (docs/protocol.md §7).
pub(super) fn read(headers: &HeaderMap) -> PresentedCredential {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => PresentedCredential::Nothing,
        (Some(value), None) => basic(value.as_bytes()).unwrap_or(PresentedCredential::Unreadable),
        (Some(_), Some(_)) => PresentedCredential::Unreadable,
    }
}

/// The name and the secret of Basic.
pub(super) fn basic(value: &[u8]) -> Option<PresentedCredential> {
    let value = std::str::from_utf8(value)
        .ok()
        .filter(|value| value.len() <= MAX_HEADER)?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let encoded = encoded.trim_matches([' ', '\t']);
    let decoded = STANDARD
        .decode(encoded)
        .or_else(|_| STANDARD_NO_PAD.decode(encoded))
        .ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let (username, secret) = decoded.split_at_checked(colon)?;
    let secret = std::str::from_utf8(secret.get(1..)?).ok()?;
    Some(PresentedCredential::Basic {
        // Beside an access token, the name means nothing, even if nobody can read it.
        username: String::from_utf8_lossy(username).into_owned(),
        secret: SecretString::from(secret),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn shown(value: &[u8]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_bytes(value).ok()?);
        match read(&headers) {
            PresentedCredential::Basic { username, secret } => {
                Some((username, secret.expose_secret().to_owned()))
            }
            PresentedCredential::Nothing => panic!("a header that is present is not nothing"),
            PresentedCredential::Unreadable | PresentedCredential::RefreshToken(_) => None,
        }
    }

    fn pair(username: &str, secret: &str) -> (String, String) {
        (username.to_owned(), secret.to_owned())
    }

    #[test]
    fn a_name_and_a_secret_are_read() {
        assert_eq!(
            shown(b"Basic dXNlcjpzZWNyZXQ="),
            Some(pair("user", "secret"))
        );
        assert_eq!(
            shown(b"bAsIc dXNlcjpzZWNyZXQ"),
            Some(pair("user", "secret"))
        );
        assert_eq!(
            shown(b"Basic OnNlY3JldA=="),
            Some(pair("", "secret")),
            "containerd's identity token"
        );
        assert_eq!(
            shown(b"Basic dXNlcjo="),
            Some(pair("user", "")),
            "an empty secret is refused later"
        );
        assert_eq!(shown(b"Basic dXNlcjphOmI="), Some(pair("user", "a:b")));
        assert_eq!(
            shown(b"Basic AGE6Yg=="),
            Some(pair("\0a", "b")),
            "the name means nothing beside a token"
        );
        assert_eq!(shown(b"Basic /zpi"), Some(pair("\u{FFFD}", "b")));
    }

    #[test]
    fn everything_else_is_unreadable_and_not_anonymous() {
        let odd: [&[u8]; 9] = [
            b"",
            b"Basic",
            b"Basic ",
            b"Basic !!!",
            // A no-break space is no space (RFC 9110 section 11.4).
            b"Basic \xC2\xA0dXNlcjpzZWNyZXQ=",
            b"Bearer abc",
            b"Basic dXNlcg==",
            b"Basic /w==",
            b"Basic dTr/",
        ];
        for value in odd {
            assert_eq!(shown(value), None);
        }
        let huge = format!("Basic {}", "A".repeat(MAX_HEADER));
        assert_eq!(shown(huge.as_bytes()), None);
    }

    #[test]
    fn two_headers_are_unreadable() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::AUTHORIZATION,
            HeaderValue::from_static("Basic dXNlcjpzZWNyZXQ="),
        );
        headers.append(
            header::AUTHORIZATION,
            HeaderValue::from_static("Basic dXNlcjpzZWNyZXQ="),
        );
        assert!(matches!(read(&headers), PresentedCredential::Unreadable));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(value in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = shown(&value);
        }
    }
}
