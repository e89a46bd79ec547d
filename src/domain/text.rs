//! Texts that people read: names on one line, and descriptions.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

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

/// The text as searches compare it: without differences between capital and small letters, and between the ways of
/// writing an accent. Letter by letter, so that a part of a text is found in it.
pub fn folded(text: &str) -> String {
    let letters = text.nfd().filter(|letter| *letter != DOT_ABOVE);
    letters
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The dot above a letter: a small `İ` has one, which nobody types.
const DOT_ABOVE: char = '\u{307}';

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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_folded_text_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("İbrahim", "ibrahim"),
            ("İbrahim", "i\u{307}brahim"),
            ("ODYSSEUS ΟΔΥΣΣΕΥΣ", "odysseus οδυσσευς"),
            ("Straße", "STRASSE"),
            ("é", "E\u{301}"),
            ("Ǆ", "ǅ"),
            ("ﬁ", "FI"),
            ("Ꭰ", "ꭰ"),
            ("Ა", "ა"),
            ("\u{212a}elvin", "kelvin"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("a"), folded("b"));
    }

    proptest! {
        #[test]
        fn a_fold_of_a_fold_is_the_same(text in ".{0,40}") {
            let fold = folded(&text);
            prop_assert_eq!(folded(&fold), fold, "folded once is enough");
        }

        #[test]
        fn a_part_of_a_text_is_found_in_it(text in "\\PC{0,40}", from in 0..40_usize, length in 0..40_usize) {
            let is_mark = unicode_normalization::char::is_combining_mark;
            let letters: Vec<char> = text.chars().filter(|letter| !is_mark(*letter)).collect();
            let whole: String = letters.iter().collect();
            let part: String = letters.iter().skip(from).take(length).collect();
            prop_assert!(folded(&whole).contains(&folded(&part)), "{} in {}", part, whole);
        }
    }

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
