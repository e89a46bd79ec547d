//! JSON objects that are written member by member (RFC 8259), for what is written with each token.
//!
//! A general serializer looks at every letter of every name and value. Here names are ours and need no escape, and a value
//! is looked at once, many letters at a time.

/// A JSON object that is being written at the end of a text.
#[derive(Debug)]
pub struct JsonObject<'a> {
    text: &'a mut Vec<u8>,
    has_members: bool,
}

impl<'a> JsonObject<'a> {
    /// Begins an object.
    pub fn begin(text: &'a mut Vec<u8>) -> Self {
        text.push(b'{');
        Self {
            text,
            has_members: false,
        }
    }

    /// Writes a member that is a text.
    pub fn string(&mut self, name: &'static str, value: &str) {
        write_string(self.member(name), value);
    }

    /// Writes a member that is a text of several parts.
    pub fn joined_string(&mut self, name: &'static str, parts: &[&str]) {
        if parts.iter().any(|part| needs_escapes(part)) {
            return self.string(name, &parts.concat());
        }
        self.plain_string_by(name, |text| {
            for part in parts {
                text.extend_from_slice(part.as_bytes());
            }
        });
    }

    /// Writes a member that is a text without any letter that needs an escape, such as base64 or a name of ours: it is not looked at.
    pub fn plain_string(&mut self, name: &'static str, value: &str) {
        write_plain_string(self.member(name), value);
    }

    /// Writes a member that is a text without any letter that needs an escape, which `write` writes.
    pub fn plain_string_by(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        let text = self.member(name);
        text.push(b'"');
        write(text);
        text.push(b'"');
    }

    /// Writes a member that is a number.
    pub fn integer(&mut self, name: &'static str, value: i64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value).as_bytes();
        self.member(name).extend_from_slice(digits);
    }

    /// Writes the name of a member, whose value has to be written into the text that is given back. The name needs no escape.
    pub fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        if self.has_members {
            self.text.push(b',');
        }
        self.has_members = true;
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
        self.text
    }

    /// Ends the object.
    pub fn end(self) {
        self.text.push(b'}');
    }
}

/// Writes a list, each of whose entries is written by `write`.
pub fn write_list<T>(
    text: &mut Vec<u8>,
    entries: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    text.push(b'[');
    for (position, entry) in entries.into_iter().enumerate() {
        if position > 0 {
            text.push(b',');
        }
        write(text, entry);
    }
    text.push(b']');
}

/// Writes a string in quotes.
fn write_string(text: &mut Vec<u8>, value: &str) {
    if needs_escapes(value) {
        // Writing a string to a text in memory cannot fail.
        let _ = serde_json::to_writer(text, value);
    } else {
        write_plain_string(text, value);
    }
}

/// Writes a string in quotes that has no letter that needs an escape.
pub fn write_plain_string(text: &mut Vec<u8>, value: &str) {
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
}

/// True if a letter may not stand in a string as it is (RFC 8259 section 7).
fn needs_escapes(value: &str) -> bool {
    let escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // No end at the first one: all are looked at, many at a time.
    value
        .bytes()
        .fold(false, |found, byte| found | escaped(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_are_written_member_by_member() {
        let mut text = Vec::new();
        let mut object = JsonObject::begin(&mut text);
        object.string("a", "b\"c");
        object.integer("n", -1);
        write_list(object.member("l"), ["x", "\n"], write_string);
        object.end();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            r#"{"a":"b\"c","n":-1,"l":["x","\n"]}"#
        );
        let mut text = Vec::new();
        JsonObject::begin(&mut text).end();
        assert_eq!(text, b"{}");
    }

    proptest! {
        #[test]
        fn strings_are_written_as_the_library_does(value in any::<String>()) {
            let mut text = Vec::new();
            write_string(&mut text, &value);
            prop_assert_eq!(text, serde_json::to_vec(&value).unwrap());
        }

        #[test]
        fn parts_are_written_as_one_string(parts in prop::collection::vec(any::<String>(), 0..4)) {
            let mut text = Vec::new();
            let mut object = JsonObject::begin(&mut text);
            object.joined_string("s", &parts.iter().map(String::as_str).collect::<Vec<_>>());
            object.end();
            let expected = serde_json::json!({ "s": parts.concat() });
            prop_assert_eq!(text, serde_json::to_vec(&expected).unwrap());
        }

        #[test]
        fn a_single_letter_that_needs_an_escape_is_found(before in "[a-z/:é]{0,40}", odd in "[\u{0}-\u{1f}\"\\\\]", after in "[a-z]{0,40}") {
            let value = before + &odd + &after;
            let mut text = Vec::new();
            write_string(&mut text, &value);
            prop_assert_eq!(text, serde_json::to_vec(&value).unwrap());
        }
    }
}
