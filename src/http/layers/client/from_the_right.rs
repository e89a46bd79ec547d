//! Splits a header's line from its end to its beginning.

/// The meaning of quotes in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// They hold what is between them together; a backslash before a quote takes its meaning away.
    Enclose,
    /// They are letters like others.
    AreText,
}

/// The parts of a line between separators, from the last to the first.
///
/// Each part is found by what stands in it and to the right of it alone. A quote that nothing to its left
/// opens makes one part of all that is left.
pub(super) fn parts(line: &[u8], separator: u8, quotes: Quotes) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let at = last_separator(line, separator, quotes);
        rest = at.and_then(|at| line.get(..at));
        match at {
            Some(at) => line.get(at.saturating_add(1)..),
            None => Some(line),
        }
    })
}

/// The place of the last separator that stands outside of quotes.
fn last_separator(line: &[u8], separator: u8, quotes: Quotes) -> Option<usize> {
    let mut line = line;
    loop {
        let quote = (quotes == Quotes::Enclose).then_some(b'"');
        let at = line
            .iter()
            .rposition(|&byte| byte == separator || Some(byte) == quote)?;
        if line.get(at) == Some(&separator) {
            return Some(at);
        }
        line = line.get(..opening_quote(line.get(..at)?)?)?;
    }
}

/// The place of the quote that opens what ends behind `line`.
fn opening_quote(line: &[u8]) -> Option<usize> {
    let mut line = line;
    loop {
        let at = line.iter().rposition(|&byte| byte == b'"')?;
        let before = line.get(..at)?;
        let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
        if backslashes.count().is_multiple_of(2) {
            return Some(at);
        }
        line = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, quotes: Quotes) -> Vec<&str> {
        let parts = parts(line.as_bytes(), b',', quotes);
        parts
            .map(|part| std::str::from_utf8(part).unwrap())
            .collect()
    }

    #[test]
    fn quotes_hold_together_what_is_between_them() {
        let split = |line| split(line, Quotes::Enclose);
        assert_eq!(split(r#"a,"b,c",d"#), ["d", r#""b,c""#, "a"]);
        assert_eq!(split(r#"a,x="b\",c",d"#), ["d", r#"x="b\",c""#, "a"]);
        assert_eq!(split(r#"a,x="b\\",d"#), ["d", r#"x="b\\""#, "a"]);
        assert_eq!(split(r#"a,x="","b""#), [r#""b""#, r#"x="""#, "a"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split(","), ["", ""]);
    }

    #[test]
    fn a_quote_that_nothing_opens_spoils_only_what_is_left_of_it() {
        let left_open = |line| split(line, Quotes::Enclose);
        assert_eq!(left_open(r#"a,b",c"#), ["c", r#"a,b""#]);
        assert_eq!(left_open(r#"a\",b",c,d"#), ["d", "c", r#"a\",b""#]);
    }

    #[test]
    fn quotes_that_are_text_hold_nothing_together() {
        let split = |line| split(line, Quotes::AreText);
        assert_eq!(split(r#"",a"#), ["a", r#"""#]);
        assert_eq!(split(r#""a,b""#), [r#"b""#, r#""a"#]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_to_the_left_changes_an_element_of_a_proxy(
            client in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..24),
            address in r"[a-z0-9.:]{1,8}",
            host in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12),
        ) {
            let escaped = host.iter().flat_map(|&byte| match byte {
                b'"' | b'\\' => vec![b'\\', byte],
                other => vec![other],
            });
            let element = format!("for={address};host=\"").into_bytes();
            let element: Vec<u8> = element.into_iter().chain(escaped).chain(*b"\"").collect();
            let line = [&client[..], b", ", &element[..]].concat();
            let last = parts(&line, b',', Quotes::Enclose).next().unwrap();
            proptest::prop_assert_eq!(last.trim_ascii(), &element[..]);
        }
    }
}
