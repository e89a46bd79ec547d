//! Texts that people read: names on one line, and descriptions.

use std::fmt;

/// Longest line, in characters: every database keeps that whole and can search it.
pub const MAX_LINE: usize = 255;

/// A name that people read: 1 to 255 characters on one line, without blanks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// A text that is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name {}", Self::PROBLEM)]
pub struct InvalidDisplayName;

impl InvalidDisplayName {
    /// The problem; reads on from the field's name.
    pub const PROBLEM: &'static str = "is 1 to 255 characters on one line";
}

impl DisplayName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for DisplayName {
    type Error = InvalidDisplayName;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let text = text.trim();
        let fits = (1..=MAX_LINE).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDisplayName)
        }
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A description of at most so many characters; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description<const LONGEST: usize>(String);

/// A text that is too long for a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a description has at most {longest} characters")]
pub struct DescriptionTooLong {
    /// The most characters that it may have.
    pub longest: usize,
}

impl<const LONGEST: usize> Description<LONGEST> {
    /// Reads a description; an empty text is none.
    pub fn read(text: &str) -> Result<Option<Self>, DescriptionTooLong> {
        if text.chars().count() > LONGEST {
            return Err(DescriptionTooLong { longest: LONGEST });
        }
        Ok(Some(Self(text.to_owned())).filter(|_| !text.is_empty()))
    }

    /// The description.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const LONGEST: usize> From<Description<LONGEST>> for String {
    fn from(description: Description<LONGEST>) -> Self {
        description.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_to_255_characters_without_a_break() {
        for good in ["a", "Ä b", &"é".repeat(255), "  a "] {
            let name = DisplayName::try_from(good).unwrap();
            assert_eq!(name.as_str(), good.trim());
        }
        for bad in ["", "  ", "a\nb", "a\0", &"é".repeat(256)] {
            assert_eq!(DisplayName::try_from(bad), Err(InvalidDisplayName), "{bad}");
        }
    }

    #[test]
    fn a_description_is_not_too_long_and_an_empty_one_is_none() {
        let longest = "é".repeat(20);
        let read = Description::<20>::read;
        assert_eq!(read(""), Ok(None));
        assert_eq!(read(&longest).unwrap().unwrap().as_str(), longest);
        let error = read(&"x".repeat(21)).unwrap_err();
        assert_eq!(error.to_string(), "a description has at most 20 characters");
    }
}
