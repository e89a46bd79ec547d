//! Texts that people read: names on one line, and descriptions.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// Longest line, in characters: every database keeps that whole and can search it.
pub const MAX_LINE: usize = 255;

/// The byte order mark, with which Windows begins a text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text without its byte order mark, which would hide what comes first in it from those who read it.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// A name that people read: 1 to 255 characters on one line, without blanks around it. Something of it can be seen, and the text around it
/// keeps its direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// The reason why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name {}", self.problem())]
pub enum InvalidDisplayName {
    /// It is empty, too long or on more lines than one.
    NotALine,
    /// Nobody sees anything of it.
    Unseen,
    /// The text around it would be read in another order.
    Turning,
}

impl InvalidDisplayName {
    /// The problem; reads on from the field's name.
    pub fn problem(self) -> &'static str {
        match self {
            Self::NotALine => "is 1 to 255 characters on one line",
            Self::Unseen => "has a character that can be seen",
            Self::Turning => {
                "has no characters that turn the direction of writing: U+202A to U+202E, U+2066 to U+2069"
            }
        }
    }
}

impl DisplayName {
    /// A name that was stored; older versions took some that are refused now.
    pub fn stored(text: &str) -> Result<Self, InvalidDisplayName> {
        let text = text.trim();
        let fits = (1..=MAX_LINE).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDisplayName::NotALine)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for DisplayName {
    type Error = InvalidDisplayName;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let name = Self::stored(text)?;
        if name.0.contains(['\u{2028}', '\u{2029}']) {
            return Err(InvalidDisplayName::NotALine);
        }
        if name.0.chars().any(turns) {
            return Err(InvalidDisplayName::Turning);
        }
        if name.0.chars().all(is_unseen) {
            return Err(InvalidDisplayName::Unseen);
        }
        Ok(name)
    }
}

/// True for the embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9, section 2).
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for blanks, for the characters that Unicode says to show as nothing (`Default_Ignorable_Code_Point`), and for the empty pattern
/// of Braille. In a name with others they are letters like these: some scripts and emoji need them.
pub(in crate::domain) fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
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
            let refused = Err(InvalidDisplayName::NotALine);
            assert_eq!(DisplayName::try_from(bad), refused, "{bad}");
            assert_eq!(DisplayName::stored(bad), refused, "{bad}");
        }
    }

    #[test]
    fn a_name_is_seen_and_turns_no_text_around_it_but_what_is_stored_is_read() {
        for good in [
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{1f469}\u{200d}\u{1f680}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}",
            "\u{2764}\u{fe0f}",
            "ci\u{200f}",
        ] {
            assert_eq!(DisplayName::try_from(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("a\u{2028}b", InvalidDisplayName::NotALine),
            ("a\u{2029}b", InvalidDisplayName::NotALine),
            ("ci\u{202e}nimda", InvalidDisplayName::Turning),
            ("\u{202a}ci", InvalidDisplayName::Turning),
            ("ci\u{2066}", InvalidDisplayName::Turning),
            ("ci\u{2069}", InvalidDisplayName::Turning),
            ("\u{200b}", InvalidDisplayName::Unseen),
            ("\u{2060} \u{feff}", InvalidDisplayName::Unseen),
            ("\u{3164}\u{ad}", InvalidDisplayName::Unseen),
            ("\u{2800}\u{e0020}", InvalidDisplayName::Unseen),
        ] {
            assert_eq!(DisplayName::try_from(bad), Err(why), "{bad:?}");
            assert_eq!(DisplayName::stored(bad).unwrap().as_str(), bad);
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
