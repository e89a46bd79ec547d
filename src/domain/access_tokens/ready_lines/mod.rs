//! Lines that are ready to be copied: how to log in to registries with a new access token.
//!
//! The secret stands in them, so they are shown in the one reply that shows it. No line puts it among a program's
//! arguments, where a list of processes would have it: `printf` is a part of every shell.

mod ci;
mod kubernetes;
mod login;

use std::fmt;

use crate::domain::registry::host::RegistryHost;
use crate::domain::secret::SecretToken;
use crate::domain::users::username::Username;

/// A credential for one or more registries.
#[derive(Debug, Clone, Copy)]
pub struct RegistryCredential<'a> {
    /// The registries.
    pub hosts: &'a [RegistryHost],
    /// The user's name.
    pub username: &'a Username,
    /// The secret in place of a password.
    pub secret: &'a SecretToken,
}

/// The lines for one use of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyLines {
    /// A word for it, for addresses and files.
    pub id: &'static str,
    /// The name of the use.
    pub title: &'static str,
    /// The parts, in the order in which they are used.
    pub parts: Vec<ReadyPart>,
}

/// Some lines that belong together.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadyPart {
    /// The sentence that says what to do with them.
    pub sentence: &'static str,
    /// The name of a file with them.
    pub file: &'static str,
    /// The lines, perhaps with the secret.
    pub text: String,
}

impl ReadyLines {
    /// The lines for all uses.
    pub fn all(credential: RegistryCredential<'_>) -> Vec<Self> {
        vec![
            login::docker(credential),
            login::podman(credential),
            kubernetes::secret(credential),
            ci::github(credential),
            ci::gitlab(credential),
            login::configuration(credential),
        ]
    }
}

impl fmt::Debug for ReadyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyPart")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// A word of a shell's command that stands for itself. Names, hosts and secrets have no quote.
fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// A text in YAML that is no number, truth value or nothing, whatever its letters are: JSON's texts are YAML's too.
fn yaml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
