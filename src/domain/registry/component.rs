//! One component of a repository name; paths and user names are made of them.

/// Longest name the registries accept, in bytes (Distribution: `NameTotalLengthMax`).
pub const MAX_NAME_LENGTH: usize = 255;

/// True if `text` is `[a-z0-9]+` groups joined by `.`, `_`, `__` or any run of `-`
/// (Distribution spec, docs/protocol.md §1.6).
pub fn is_component(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let starts_and_ends_well = text.starts_with(alphanumeric) && text.ends_with(alphanumeric);
    starts_and_ends_well
        && text
            .split(alphanumeric)
            .filter(|between| !between.is_empty())
            .all(is_separator)
}

fn is_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-')
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
