//! One component of a repository name; paths and user names are made of them.

/// Longest name the registries accept, in bytes (Distribution: `NameTotalLengthMax`).
pub const MAX_NAME_LENGTH: usize = 255;

/// True if `text` is components joined by `/`.
pub fn is_path(text: &str) -> bool {
    text.as_bytes()
        .split(|&byte| byte == b'/')
        .all(is_component)
}

/// True if `text` is `[a-z0-9]+` groups joined by `.`, `_`, `__` or any run of `-`
/// (Distribution spec, docs/protocol.md §1.6).
pub fn is_component(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    let is_letter_at_either_end = [text.first(), text.last()]
        .into_iter()
        .all(|byte| byte.is_some_and(|&byte| is_letter(byte)));
    is_letter_at_either_end
        && text
            .chunk_by(|&one, &next| is_letter(one) == is_letter(next))
            .all(|run| run.first().is_some_and(|&byte| is_letter(byte)) || is_separator(run))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_separator(run: &[u8]) -> bool {
    matches!(run, b"." | b"_" | b"__") || run.iter().all(|&byte| byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_follow_the_distribution_grammar() {
        for good in [
            "a", "0", "app", "my-app", "my--app", "a.b", "a_b", "a__b", "a-1.b_2",
        ] {
            assert!(is_component(good), "{good}");
        }
        for bad in [
            "", "-a", "a-", "a..b", "a___b", "a._b", "A", "a b", "a/b", "é", "a\0", ".", "*",
        ] {
            assert!(!is_component(bad), "{bad}");
        }
    }
}
