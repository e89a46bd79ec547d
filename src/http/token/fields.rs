//! Reads a client's question: one parser for the query of a `GET` and the form of a `POST`.

use std::borrow::Cow;

use secrecy::SecretString;

use crate::app::registry::{MalformedRequest, RequestedAccess};
use crate::domain::registry::scope::Scope;
use crate::identity::PresentedCredential;

/// Longest query or form, in bytes (docs/architecture.md#answers-of-jwtauth).
const MAX_LENGTH: usize = 16 * 1024;

/// URL-encoded fields as they came; nothing about them is checked yet, because a wrong credential
/// among them counts more than a malformed question.
pub(super) struct Fields<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    is_too_long: bool,
}

impl<'a> Fields<'a> {
    /// Takes a query or a form apart; repeated fields are kept.
    pub(super) fn parse(text: &'a [u8]) -> Self {
        let is_too_long = text.len() > MAX_LENGTH;
        let pairs = if is_too_long {
            Vec::new()
        } else {
            pairs(text).collect()
        };
        Self { pairs, is_too_long }
    }

    /// The question in the query of a `GET` (docs/protocol.md §1.2).
    pub(super) fn asked_by_get(&self) -> Result<RequestedAccess, MalformedRequest> {
        // All texts that Go reads as a boolean, as the reference server does.
        let offline = match self.one("offline_token")? {
            None | Some("" | "0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some(_) => return Err(malformed("the parameter `offline_token` is true or false")),
        };
        self.asked(offline)
    }

    /// The question in the form of a `POST` (docs/protocol.md §1.4).
    pub(super) fn asked_by_post(&self) -> Result<RequestedAccess, MalformedRequest> {
        let offline = match self.one("access_type")? {
            None | Some("" | "online") => false,
            Some("offline") => true,
            Some(_) => return Err(malformed("the field `access_type` is online or offline")),
        };
        self.asked(offline)
    }

    /// The credential in the form of a `POST` (RFC 6749 sections 4.3.2 and 6).
    pub(super) fn presented(&self) -> Result<PresentedCredential, MalformedRequest> {
        let required = |name| {
            let value = self.single(name)?;
            value.ok_or_else(|| malformed(&format!("the field `{name}` is missing")))
        };
        let has = |name| Ok(self.single(name)?.is_some_and(|value| !value.is_empty()));
        if has("password")? && has("refresh_token")? {
            return Err(malformed(
                "two credentials are one too many: send `password` or `refresh_token`",
            ));
        }
        // A name or a secret with odd letters is a wrong credential and no malformed question; beside an access
        // token, the name means nothing.
        match required("grant_type")? {
            "password" => Ok(PresentedCredential::Basic {
                username: required("username")?.to_owned(),
                secret: SecretString::from(required("password")?),
            }),
            "refresh_token" => Ok(PresentedCredential::RefreshToken(SecretString::from(
                required("refresh_token")?,
            ))),
            _ => Err(malformed(
                "the field `grant_type` is password or refresh_token",
            )),
        }
    }

    fn asked(&self, offline: bool) -> Result<RequestedAccess, MalformedRequest> {
        let service = self
            .one("service")?
            .filter(|service| !service.is_empty())
            .ok_or_else(|| {
                malformed(
                    "the parameter `service` is missing; it is the registry's `auth.token.service`",
                )
            })?;
        let scopes = self.pairs.iter().filter(|(name, _)| name == "scope");
        let scopes = scopes.map(|(_, value)| &**value);
        for value in scopes.clone() {
            readable("scope", value)?;
        }
        Ok(RequestedAccess {
            service: service.to_owned(),
            scopes: Scope::parse_all(scopes)
                .map_err(|error| MalformedRequest(error.to_string()))?,
            offline,
            by_page: false,
            client_id: self
                .one("client_id")?
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        })
    }

    /// The printable value of a field.
    fn one(&self, name: &str) -> Result<Option<&str>, MalformedRequest> {
        let value = self.single(name)?;
        value.map(|value| readable(name, value)).transpose()
    }

    /// The value of a field that is there once, or several times with the same value.
    fn single(&self, name: &str) -> Result<Option<&str>, MalformedRequest> {
        if self.is_too_long {
            return Err(malformed(
                "the request is longer than 16 KiB; ask for fewer scopes at a time",
            ));
        }
        let named = self.pairs.iter().filter(|(other, _)| other == name);
        let mut values = named.map(|(_, value)| &**value);
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            return Err(malformed(&format!("the parameter `{name}` is given twice")));
        }
        Ok(first)
    }
}

/// The fields of a query or a form. Those without an encoded letter are taken as they are, for which nothing is decoded.
fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = text.split(|&byte| byte == b'&');
    pairs.filter_map(|pair| match as_it_is(pair) {
        Some("") => None,
        Some(pair) => {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((name.into(), value.into()))
        }
        None => form_urlencoded::parse(pair).next(),
    })
}

/// A field in which nothing is encoded.
fn as_it_is(pair: &[u8]) -> Option<&str> {
    let is_encoded = |byte: u8| matches!(byte, b'%' | b'+') || !byte.is_ascii();
    // No end at the first one: all are looked at, many at a time.
    let has_encoded = pair
        .iter()
        .fold(false, |found, &byte| found | is_encoded(byte));
    std::str::from_utf8(pair).ok().filter(|_| !has_encoded)
}

/// A value that was UTF-8 and has no control characters; the decoder puts U+FFFD for other bytes.
fn readable<'a>(name: &str, value: &'a str) -> Result<&'a str, MalformedRequest> {
    let is_usual = value
        .bytes()
        .fold(true, |usual, byte| usual & (0x20..0x7f).contains(&byte));
    if !is_usual && value.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        Err(malformed(&format!(
            "the parameter `{name}` is not printable UTF-8"
        )))
    } else {
        Ok(value)
    }
}

fn malformed(text: &str) -> MalformedRequest {
    MalformedRequest(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(query: &str) -> Result<RequestedAccess, MalformedRequest> {
        Fields::parse(query.as_bytes()).asked_by_get()
    }

    #[test]
    fn repeated_and_joined_scopes_are_read_alike() {
        let joined =
            get("account=x&scope=repository%3Aa%3Apull+repository%3Ab%3Apush&service=s").unwrap();
        let repeated = get("scope=repository:b:push&service=s&scope=repository:a:pull").unwrap();
        assert_eq!(joined, repeated);
        assert_eq!(joined.scopes.len(), 2);
    }

    #[test]
    fn a_login_asks_for_nothing_but_to_come_back() {
        let asked = get("account=u&client_id=docker&offline_token=true&service=s").unwrap();
        let expected = RequestedAccess {
            service: "s".to_owned(),
            scopes: Vec::new(),
            offline: true,
            by_page: false,
            client_id: Some("docker".to_owned()),
        };
        assert_eq!(asked, expected);
        let posted =
            Fields::parse(b"grant_type=password&service=s&client_id=docker&access_type=offline");
        assert_eq!(posted.asked_by_post().unwrap(), expected);
    }

    #[test]
    fn malformed_questions_say_what_is_wrong() {
        for bad in [
            "",
            "scope=repository:a:pull",
            "service=",
            "service=a&service=b",
            "service=%00",
            "service=%ff&scope=x",
            "service=s&offline_token=maybe",
        ] {
            assert!(get(bad).is_err(), "{bad}");
        }
        assert!(get(&format!("service=s&x={}", "y".repeat(MAX_LENGTH))).is_err());
    }

    #[test]
    fn forms_without_a_grant_present_nothing() {
        for (form, told) in [
            ("", "the field `grant_type` is missing"),
            (
                "grant_type=authorization_code",
                "the field `grant_type` is password or refresh_token",
            ),
            (
                "grant_type=password&username=u",
                "the field `password` is missing",
            ),
            (
                "grant_type=password&password=p",
                "the field `username` is missing",
            ),
            (
                "grant_type=refresh_token",
                "the field `refresh_token` is missing",
            ),
            (
                "grant_type=refresh_token&refresh_token=r&username=u&password=p",
                "two credentials are one too many: send `password` or `refresh_token`",
            ),
            (
                "grant_type=password&refresh_token=r&username=u&password=p",
                "two credentials are one too many: send `password` or `refresh_token`",
            ),
        ] {
            let error = Fields::parse(form.as_bytes()).presented().unwrap_err();
            assert_eq!(error.to_string(), told);
        }
    }

    proptest! {
        #[test]
        fn fields_are_taken_apart_as_the_library_does(text in "[a-z=&%+é:2F]{0,40}") {
            let expected: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
            prop_assert_eq!(pairs(text.as_bytes()).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let fields = Fields::parse(&text);
            let _ = (fields.asked_by_get(), fields.asked_by_post(), fields.presented());
        }
    }
}
