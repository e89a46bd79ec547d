//! Texts that people read on one line, such as names.

/// Longest line, in characters: what every database keeps whole and can search.
pub const MAX_LINE: usize = 255;

/// Whether a text is a line: not empty, not too long, without control characters.
pub fn is_line(text: &str) -> bool {
    (1..=MAX_LINE).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_to_255_characters_without_a_break() {
        for good in ["a", "Ä b", &"é".repeat(255)] {
            assert!(is_line(good), "{good}");
        }
        for bad in ["", "a\nb", "a\0", &"é".repeat(256)] {
            assert!(!is_line(bad), "{bad}");
        }
    }
}
