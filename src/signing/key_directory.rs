//! The folder of key files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::registry::ServiceName;
use crate::signing::error::KeyError;
use crate::signing::files;

/// The folder of key files, with the name of each.
#[derive(Debug, Clone)]
pub(super) struct KeyDirectory {
    pub(super) root: PathBuf,
}

impl KeyDirectory {
    /// The key files below `folder`, as absolute paths: the working directory may change later.
    pub(super) fn at(folder: &Path) -> Result<Self, KeyError> {
        let root = std::path::absolute(folder)
            .map_err(|error| KeyError::new(folder, error.to_string()))?;
        Ok(Self { root })
    }

    /// Makes the folders that are missing.
    pub(super) fn make_folders(&self) -> Result<(), KeyError> {
        // Registries that run as another user read `public` in it; everything else in it is closed to them.
        files::make_folder(&self.root, 0o711)?;
        files::make_folder(&self.public(), 0o755)?;
        files::make_folder(&self.signing(), 0o700)
    }

    pub(super) fn authority_key(&self) -> PathBuf {
        self.root.join("ca.key")
    }

    pub(super) fn encryption_key(&self) -> PathBuf {
        self.root.join("encryption.key")
    }

    pub(super) fn next_authority_key(&self) -> PathBuf {
        self.root.join("ca-next.key")
    }

    /// The place of an authority that was replaced at `now` because it was not valid then.
    pub(super) fn replaced_authority_key(&self, now: DateTime<Utc>) -> PathBuf {
        let time = now.format("%Y%m%dT%H%M%SZ");
        self.root.join(format!("ca-replaced-{time}.key"))
    }

    /// The file that says that a restoration fills this folder.
    pub(super) fn restoration_mark(&self) -> PathBuf {
        self.root.join(".restoring")
    }

    /// The folder of signing keys that a wrong clock made, and that a rotation put aside.
    pub(super) fn early(&self) -> PathBuf {
        self.root.join("early")
    }

    pub(super) fn public(&self) -> PathBuf {
        self.root.join("public")
    }

    pub(super) fn authority_certificate(&self) -> PathBuf {
        self.public().join("ca.crt")
    }

    pub(super) fn jwks(&self) -> PathBuf {
        self.public().join("jwks.json")
    }

    pub(super) fn signing(&self) -> PathBuf {
        self.root.join("signing")
    }

    /// The folder of the keys that belong to one service alone.
    pub(super) fn pinned(&self, service: &ServiceName) -> PathBuf {
        self.root.join("pinned").join(file_name(service))
    }

    /// The file of the public key for this service's registry.
    pub(super) fn pinned_public(&self, service: &ServiceName) -> PathBuf {
        let name = format!("{}.pem", file_name(service));
        self.public().join("pinned").join(name)
    }

    /// The error that the folder has no keys yet.
    pub(super) fn no_keys(&self) -> KeyError {
        KeyError::new(
            &self.root,
            "has no keys yet; the first start of the server makes them. Run this in the folder of the service and with its \
             configuration: a path in `keys.directory` that does not begin with / leads from the folder in which a command runs; bring keys that were lost back from a backup",
        )
    }

    /// The error that a key could not be made.
    pub(super) fn not_made(&self, error: &rcgen::Error) -> KeyError {
        KeyError::new(&self.root, format!("no key could be made: {error}"))
    }
}

/// The second in which a signing key was made, from the name of its file.
pub(super) fn created_at(path: &Path) -> Result<DateTime<Utc>, KeyError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let seconds = stem.and_then(|stem| stem.split_once('-')?.0.parse().ok());
    let instant = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    instant.ok_or_else(|| {
        KeyError::new(
            path,
            "its name does not begin with the second it was made in",
        )
    })
}

/// A file name for a service: its readable letters and a digest, because the name of a service
/// may contain slashes and be longer than a file name.
fn file_name(service: &ServiceName) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
    let text = service.as_str();
    let readable: String = text.chars().filter(is_plain).take(40).collect();
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(format!("{readable}-"), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_that_differ_have_files_that_differ_and_none_leaves_the_folder() {
        let name = |text: &str| file_name(&ServiceName::try_from(text.to_owned()).unwrap());
        assert_ne!(name("a/b"), name("ab"));
        assert!(name("registry.example.com:5000").starts_with("registryexamplecom5000-"));
        for hostile in ["../../x", "/", ".", &"x".repeat(255)] {
            assert!(!name(hostile).contains(['/', '.']) && name(hostile).len() < 100);
        }
    }
}
