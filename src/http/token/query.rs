//! Reads what a client asks.

use std::borrow::Cow;

use crate::app::{Asked, Malformed};
use crate::domain::scope::Scope;

/// Longest query, in bytes (design.md §3).
const MAX_QUERY: usize = 16 * 1024;

/// The question in a query string (protocol.md 1.2).
///
/// `scope` may be repeated, and parameters that we do not use are ignored.
pub(super) fn read(query: &str) -> Result<Asked, Malformed> {
    if query.len() > MAX_QUERY {
        return Err(malformed(
            "the query is longer than 16 KiB; ask for fewer scopes at a time",
        ));
    }
    let mut service: Option<Cow<'_, str>> = None;
    let mut scopes = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "scope" => scopes.push(readable("scope", value)?),
            "service" => {
                let value = readable("service", value)?;
                if service.replace(value).is_some() {
                    return Err(malformed("the parameter `service` is given twice"));
                }
            }
            _ => {}
        }
    }
    let service = service.filter(|service| !service.is_empty());
    let service = service.ok_or_else(|| {
        malformed("the parameter `service` is missing; it is the registry's `auth.token.service`")
    })?;
    let scopes = Scope::parse_all(&scopes).map_err(|error| Malformed(error.to_string()))?;
    Ok(Asked {
        service: service.into_owned(),
        scopes,
    })
}

/// A value that was UTF-8 and has no control characters; the decoder puts U+FFFD for other bytes.
fn readable<'a>(name: &str, value: Cow<'a, str>) -> Result<Cow<'a, str>, Malformed> {
    if value.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        Err(malformed(&format!(
            "the parameter `{name}` is not printable UTF-8"
        )))
    } else {
        Ok(value)
    }
}

fn malformed(text: &str) -> Malformed {
    Malformed(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeated_and_joined_scopes_are_read_alike() {
        let joined =
            read("account=x&scope=repository%3Aa%3Apull+repository%3Ab%3Apush&service=s").unwrap();
        let repeated = read("scope=repository:b:push&service=s&scope=repository:a:pull").unwrap();
        assert_eq!(joined, repeated);
        assert_eq!(joined.scopes.len(), 2);
    }

    #[test]
    fn a_login_asks_for_nothing() {
        let asked = read("account=u&client_id=docker&offline_token=true&service=s").unwrap();
        assert_eq!(
            asked,
            Asked {
                service: "s".to_owned(),
                scopes: Vec::new()
            }
        );
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
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&format!("service=s&x={}", "y".repeat(MAX_QUERY))).is_err());
    }

    proptest! {
        #[test]
        fn any_query_is_read_without_panic(query in ".{0,200}") {
            let _ = read(&query);
        }
    }
}
