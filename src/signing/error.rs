//! Errors of key files and of signing.

use std::path::{Path, PathBuf};

/// A key file that cannot be used; the text says which, what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct KeyError {
    path: PathBuf,
    problem: String,
    is_under_way: bool,
}

impl KeyError {
    /// Something is wrong with the file or folder at `path`.
    pub(super) fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            problem: problem.into(),
            is_under_way: false,
        }
    }

    /// Another restoration is writing keys into the folder at `path`, or a mark.
    pub(super) fn under_way(path: &Path) -> Self {
        Self {
            is_under_way: true,
            ..Self::new(
                path,
                "another restoration is under way; wait until it is over",
            )
        }
    }

    /// True if another restoration is under way.
    pub fn is_under_way(&self) -> bool {
        self.is_under_way
    }
}

/// A token that could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// There is no key for this registry: its service was added while no server with it has started.
    #[error("there is no key for this registry")]
    NoKey,
    /// The library refused.
    #[error("the signature could not be computed")]
    Signature,
}
