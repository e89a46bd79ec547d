//! Errors of a configuration.

use std::fmt;
use std::path::PathBuf;

/// A configuration that cannot be used: where the fault is, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct ConfigError {
    origin: SettingOrigin,
    problem: String,
}

impl ConfigError {
    pub(super) fn new(origin: SettingOrigin, problem: impl Into<String>) -> Self {
        Self {
            origin,
            problem: problem.into(),
        }
    }
}

/// The place that a value was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SettingOrigin {
    /// The embedded reference.
    Default,
    /// A file as a whole.
    File(PathBuf),
    /// A line of a file, counted from 1.
    Line(PathBuf, usize),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default.toml"),
            Self::File(path) => path.display().fmt(f),
            Self::Line(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}
