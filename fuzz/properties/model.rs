//! A second reading of the grammars, written from the specifications and without the service's code.

use std::collections::{BTreeMap, BTreeSet};

/// Longest query or form, in bytes.
pub(super) const MAX_LENGTH: usize = 16 * 1024;
/// Most scopes of a request.
pub(super) const MAX_SCOPES: usize = 100;

/// The scopes in `values` as they are printed and in that order; none if there are too many.
pub(super) fn scopes(values: &[&str]) -> Option<Vec<String>> {
    let pieces: Vec<&str> = values
        .iter()
        .flat_map(|value| value.split(' '))
        .filter(|piece| !piece.is_empty())
        .collect();
    if pieces.len() > MAX_SCOPES {
        return None;
    }
    let mut merged: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (resource, actions) in pieces.into_iter().filter_map(scope) {
        merged.entry(resource).or_default().extend(actions);
    }
    let printed = merged.into_iter().map(|((kind, name), actions)| {
        let actions: Vec<&str> = actions.into_iter().collect();
        format!("{kind}:{name}:{}", actions.join(","))
    });
    Some(printed.collect())
}

type Resource<'a> = (&'a str, &'a str);

/// One scope: its type before the first colon, its name, and its actions after the last colon.
fn scope(text: &str) -> Option<(Resource<'_>, Vec<&str>)> {
    let first = text.find(':')?;
    let last = text.rfind(':').filter(|last| *last > first)?;
    let (kind, name) = (&text[..first], &text[first + 1..last]);
    let kind = match kind.find('(') {
        Some(class) if kind.ends_with(')') => &kind[..class],
        Some(_) => return None,
        None => kind,
    };
    let known = match kind {
        "repository" => name.is_empty() || is_repository_name(name),
        "registry" => name == "catalog",
        _ => false,
    };
    let actions: Vec<&str> = text[last + 1..]
        .split(',')
        .filter(|action| ["*", "delete", "pull", "push"].contains(action))
        .filter(|action| !(kind == "repository" && name.is_empty()) || *action == "pull")
        .collect();
    (known && !actions.is_empty()).then_some(((kind, name), actions))
}

/// `[host[:port]/]component[/component]*` of at most 255 bytes (the scope grammar of Distribution).
pub(super) fn is_repository_name(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 1 && !is_component(parts[0]) && is_host(parts[0]) {
        parts.remove(0);
    }
    name.len() <= 255 && parts.into_iter().all(is_component)
}

/// A state machine over letters: only a letter or digit may come first, last, and after a separator.
fn is_component(text: &str) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Start,
        Letter,
        Dot,
        Underscore,
        TwoUnderscores,
        Dashes,
    }
    let mut at = At::Start;
    for letter in text.bytes() {
        at = match (at, letter) {
            (_, b'a'..=b'z' | b'0'..=b'9') => At::Letter,
            (At::Letter, b'.') => At::Dot,
            (At::Letter, b'_') => At::Underscore,
            (At::Underscore, b'_') => At::TwoUnderscores,
            (At::Letter | At::Dashes, b'-') => At::Dashes,
            _ => return false,
        };
    }
    at == At::Letter
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.find(':') {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends_well = |end: Option<&u8>| end.is_some_and(u8::is_ascii_alphanumeric);
        ends_well(bytes.first())
            && ends_well(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let is_port =
        |port: &str| matches!(port.len(), 1..=5) && port.bytes().all(|b| b.is_ascii_digit());
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

/// The pairs in a query or form, in its order (URL Standard, section 5.1).
pub(super) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let parts = text.split(|b| *b == b'&').filter(|part| !part.is_empty());
    let pair = |part: &[u8]| {
        let equals = part.iter().position(|b| *b == b'=');
        let (name, value) = match equals {
            Some(at) => (&part[..at], &part[at + 1..]),
            None => (part, &[][..]),
        };
        (decoded(name), decoded(value))
    };
    parts.map(pair).collect()
}

fn decoded(text: &[u8]) -> String {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text.get(at) {
        at += 1;
        bytes.push(match letter {
            b'+' => b' ',
            b'%' => match (hex(text.get(at)), hex(text.get(at + 1))) {
                (Some(high), Some(low)) => {
                    at += 2;
                    u8::try_from(high * 16 + low).unwrap_or_default()
                }
                _ => b'%',
            },
            other => *other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// True if a value is UTF-8 that can be printed.
pub(super) fn is_printable(value: &str) -> bool {
    !value
        .chars()
        .any(|letter| letter.is_control() || letter == char::REPLACEMENT_CHARACTER)
}

/// The value of `name`: `Err` if there are different ones or it cannot be printed.
pub(super) fn one<'a>(pairs: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ()> {
    match single(pairs, name)? {
        Some(value) if !is_printable(value) => Err(()),
        value => Ok(value),
    }
}

/// The value of `name`, printable or not: `Err` if there are different ones.
pub(super) fn single<'a>(pairs: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ()> {
    let values: Vec<&str> = pairs
        .iter()
        .filter(|(other, _)| other == name)
        .map(|(_, value)| value.as_str())
        .collect();
    match values.as_slice() {
        [] => Ok(None),
        [first, others @ ..] if others.iter().all(|other| other == first) => Ok(Some(first)),
        _ => Err(()),
    }
}
