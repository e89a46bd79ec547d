//! The sources of a configuration: a file and environment variables.

pub(in crate::config) mod file;
pub(in crate::config) mod settings;
pub(in crate::config) mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::config::error::{ConfigError, SettingOrigin};

/// The beginning of all our variables' names.
const PREFIX: &str = "WHARFINGER_";
/// The variable that names the file; it stands for no key.
const FILE_VARIABLE: &str = "WHARFINGER_CONFIG";

/// The file and the variables to read.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file that was asked for; without one, `wharfinger.toml` is read if it is there.
    pub file: Option<PathBuf>,
    /// Variables of the form `WHARFINGER_SECTION__KEY`.
    pub variables: BTreeMap<String, String>,
    /// The names of other variables that begin like ours.
    pub others: Vec<String>,
}

impl fmt::Debug for Sources {
    /// The names of the variables only: a database's address holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("variables", &names)
            .field("others", &self.others)
            .finish()
    }
}

impl Sources {
    /// The sources of this process: the file that the flag names or `WHARFINGER_CONFIG`, and its
    /// environment.
    ///
    /// Names without two underscores are not ours: Kubernetes sets some for a service of our name.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn from_process(flag: Option<PathBuf>) -> Result<Self, ConfigError> {
        let mut sources = Self {
            file: flag,
            ..Self::default()
        };
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name == FILE_VARIABLE && sources.file.is_none() && !value.is_empty() {
                sources.file = Some(value.into());
            } else if name
                .strip_prefix(PREFIX)
                .is_some_and(|rest| rest.contains("__"))
            {
                let value = value.into_string().map_err(|_| {
                    ConfigError::new(SettingOrigin::Variable(name.clone()), "is not UTF-8")
                })?;
                sources.variables.insert(name, value);
            } else if name != FILE_VARIABLE && name.to_ascii_uppercase().starts_with(PREFIX) {
                sources.others.push(name);
            }
        }
        Ok(sources)
    }

    /// The key that a variable stands for: `WHARFINGER_TOKEN__LISTEN` is `token.listen`.
    pub(in crate::config) fn key_of(variable: &str) -> String {
        let name = variable.strip_prefix(PREFIX).unwrap_or(variable);
        name.to_lowercase().replacen("__", ".", 1)
    }

    /// The variable that stands for a key.
    pub(in crate::config) fn variable_of(key: &str) -> String {
        format!("{PREFIX}{}", key.to_uppercase().replacen('.', "__", 1))
    }
}
