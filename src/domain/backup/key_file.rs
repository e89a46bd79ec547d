//! Key files in a backup.

use secrecy::SecretString;

/// The folder of the files that registries mount.
const PUBLIC: &str = "public";
/// The folders that only their owner reads, beside the authority's files at the top; keys in `early` are not valid yet, and would
/// be missed if it was the clock that was wrong.
const PRIVATE: [&str; 3] = ["signing", "pinned", "early"];
/// The endings of their names.
const ENDINGS: [&str; 4] = ["key", "crt", "pem", "json"];
/// The most folders and names in a path.
const DEEPEST: usize = 3;

/// A key file: its path below the folder of the key files, with `/` between its parts, and its text.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The path, such as `signing/1790000000-0.pem`.
    pub path: String,
    /// The text, which may be a private key.
    pub text: SecretString,
}

impl KeyFile {
    /// True if registries mount the file of this path.
    pub fn is_public(path: &str) -> bool {
        path.split('/').next() == Some(PUBLIC)
    }

    /// True if a key file may have this path: it leads nowhere else.
    pub fn is_path(path: &str) -> bool {
        let (_, ending) = path.rsplit_once('.').unwrap_or_default();
        let is_known = !path.contains('/') || is_in_a_folder(path);
        is_known && ENDINGS.contains(&ending) && is_plain(path, DEEPEST)
    }

    /// True if key files may be in the folder of this path.
    pub fn is_folder(path: &str) -> bool {
        is_in_a_folder(path) && is_plain(path, DEEPEST - 1)
    }
}

/// True if it begins with one of the folders of key files.
fn is_in_a_folder(path: &str) -> bool {
    let folder = path.split('/').next().unwrap_or_default();
    folder == PUBLIC || PRIVATE.contains(&folder)
}

/// True if it has no more parts than that, and each is a name of letters that need no thought.
fn is_plain(path: &str, most: usize) -> bool {
    let is_plain = |part: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        !part.is_empty() && !part.starts_with('.') && part.chars().all(plain)
    };
    path.split('/').count() <= most && path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_places_of_key_files_are_paths() {
        for path in [
            "ca.key",
            "ca-replaced-20260101T000000Z.crt",
            "signing/1-a.pem",
            "early/1-a.pem",
            "pinned/zot-1a/1-a.pem",
            "public/pinned/zot-1a.pem",
        ] {
            assert!(KeyFile::is_path(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../ca.key",
            "signing/../../x",
            "signing/..",
            "signing//x",
            ".lock",
            "README.md",
            "signing/1-a.new",
            "other/x.pem",
            "pinned/a/b/c.pem",
            "public/a\\b",
        ] {
            assert!(!KeyFile::is_path(path), "{path}");
        }
    }

    #[test]
    fn only_the_folders_of_key_files_are_looked_into() {
        for path in [
            "public",
            "public/pinned",
            "signing",
            "early",
            "pinned/zot-1a",
        ] {
            assert!(KeyFile::is_folder(path), "{path}");
        }
        for path in ["", "lost+found", "..data", "signing/..", "pinned/a/b", "x"] {
            assert!(!KeyFile::is_folder(path), "{path}");
        }
    }
}
