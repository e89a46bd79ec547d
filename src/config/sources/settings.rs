//! All values, from the default, over it the file, over that the variables.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::config::REFERENCE;
use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::Sources;
use crate::config::sources::file::{Flat, flatten};
use crate::config::sources::value::{Raw, Setting};

/// The file that is read when none is named.
const USUAL_FILE: &str = "wharfinger.toml";

/// Every known key with its value.
pub(in crate::config) struct Settings {
    values: BTreeMap<String, Setting>,
    /// The entries of the file, each complete.
    pub(in crate::config) registries: Vec<BTreeMap<String, Setting>>,
    /// A sentence for each variable that looks like ours and is not read.
    pub(in crate::config) ignored_variables: Vec<String>,
    /// A sentence about the variables that overrule the file, if there are any.
    pub(in crate::config) overruled: Option<String>,
}

impl Settings {
    /// Reads all sources; a key that is not in the reference is an error.
    pub(in crate::config) fn gather(sources: &Sources) -> Result<Self, ConfigError> {
        let Flat {
            settings: mut values,
            registries,
            sections,
        } = flatten(REFERENCE, None)?;
        let (_, usual_registry) = registries
            .into_iter()
            .next()
            .unwrap_or_else(|| (SettingOrigin::Default, BTreeMap::new()));
        let file = read_file(sources.file.as_deref())?;
        for (section, origin) in file.sections {
            if !sections.iter().any(|(known, _)| *known == section) {
                let hint = renamed(&section)
                    .map_or(String::new(), |name| format!(": it is named [{name}] now"));
                return Err(ConfigError::new(
                    origin,
                    format!("unknown section [{section}]{hint}"),
                ));
            }
        }
        for (key, setting) in file.settings {
            check_known(&values, &setting)?;
            values.insert(key, setting);
        }
        let mut overruled = Vec::new();
        for (name, value) in &sources.variables {
            let setting = Setting {
                key: Sources::key_of(name),
                raw: Raw::Text(value.clone()),
                origin: SettingOrigin::Variable(name.clone()),
            };
            if setting.key.starts_with("registry.") {
                return Err(ConfigError::new(
                    setting.origin,
                    "registries are read from the file only, as [[registry]]",
                ));
            }
            check_known(&values, &setting)?;
            let (key, raw) = (setting.key.clone(), setting.raw.clone());
            let before = values.insert(key.clone(), setting);
            if let Some(Setting {
                origin: SettingOrigin::Variable(other),
                ..
            }) = &before
            {
                let problem = format!("is the same key as {other}; leave one of them out");
                return Err(ConfigError::new(
                    SettingOrigin::Variable(name.clone()),
                    problem,
                ));
            }
            if before.is_some_and(|before| before.is_of_file() && before.raw != raw) {
                overruled.push(format!("{name} for `{key}`"));
            }
        }
        let mut registries = Vec::new();
        for (origin, entry) in file.registries {
            let mut complete = usual_registry.clone();
            // A problem of a value that nobody wrote is one of the whole entry.
            for setting in complete.values_mut() {
                setting.origin = origin.clone();
            }
            for (key, setting) in entry {
                check_known(&usual_registry, &setting)?;
                complete.insert(key, setting);
            }
            registries.push(complete);
        }
        if registries.is_empty() {
            registries.push(usual_registry);
        }
        let ignored_variables = sources
            .others
            .iter()
            .filter_map(|name| meant(name, &values))
            .collect();
        Ok(Self {
            values,
            registries,
            ignored_variables,
            overruled: (!overruled.is_empty()).then(|| {
                let all = overruled.join(", ");
                format!("environment variables overrule the configuration file: {all}")
            }),
        })
    }

    /// The value of a key that the reference has.
    pub(in crate::config) fn get(&self, key: &str) -> Result<&Setting, ConfigError> {
        find(&self.values, key)
    }
}

/// The value of a key that the reference has.
pub(in crate::config) fn find<'a>(
    values: &'a BTreeMap<String, Setting>,
    key: &str,
) -> Result<&'a Setting, ConfigError> {
    let missing = || {
        ConfigError::new(
            SettingOrigin::Default,
            format!("`{key}` is missing from the reference"),
        )
    };
    values.get(key).ok_or_else(missing)
}

/// The name of a section that had another one before.
fn renamed(section: &str) -> Option<&'static str> {
    (section == "tokens").then_some("access_tokens")
}

/// The keys that stand in place of one that was there before.
fn split(key: &str) -> Option<&'static str> {
    const TIMEOUTS: &str =
        "`database.acquire_timeout`, `database.connect_timeout` and `database.statement_timeout`";
    (key == "database.timeout").then_some(TIMEOUTS)
}

fn check_known(known: &BTreeMap<String, Setting>, setting: &Setting) -> Result<(), ConfigError> {
    if known.contains_key(&setting.key) {
        return Ok(());
    }
    let (section, name) = setting.key.split_once('.').unwrap_or_default();
    if let Some(section) = renamed(section) {
        return Err(ConfigError::new(
            setting.origin.clone(),
            format!(
                "unknown key `{}`: it is named `{section}.{name}` now",
                setting.key
            ),
        ));
    }
    if let Some(names) = split(&setting.key) {
        return Err(ConfigError::new(
            setting.origin.clone(),
            format!("unknown key `{}`: there are {names} now", setting.key),
        ));
    }
    let distance = |key: &&String| strsim::damerau_levenshtein(key, &setting.key);
    let near = known
        .keys()
        .min_by_key(distance)
        .filter(|key| distance(key) <= 3);
    let hint = near.map_or(String::new(), |key| format!(" (did you mean `{key}`?)"));
    Err(ConfigError::new(
        setting.origin.clone(),
        format!("unknown key `{}`{hint}", setting.key),
    ))
}

/// A sentence about a variable whose name differs from one of ours in underscores or in letter case only.
fn meant(name: &str, keys: &BTreeMap<String, Setting>) -> Option<String> {
    let bare = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "");
    let variable = |key: &String| Sources::variable_of(key);
    let key = keys.keys().find(|key| bare(&variable(key)) == bare(name))?;
    Some(format!(
        "the environment variable {name} is not read; did you mean {}?",
        variable(key)
    ))
}

/// The named file, which must be there, or the usual one, if it is there.
fn read_file(named: Option<&Path>) -> Result<Flat, ConfigError> {
    let path = named.map_or_else(|| PathBuf::from(USUAL_FILE), Path::to_owned);
    match std::fs::read_to_string(&path) {
        Ok(text) => flatten(&text, Some(&path)),
        Err(error)
            if named.is_none() && error.kind() == ErrorKind::NotFound && !path.is_symlink() =>
        {
            Ok(Flat::default())
        }
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::NotFound if path.is_symlink() => {
                    "; it is a link to a file that is not there"
                }
                ErrorKind::PermissionDenied => "; run this as the user of the service",
                _ if path.starts_with("~") => "; only a shell knows ~, so write the whole path",
                _ => "",
            };
            let problem = format!("cannot be read: {error}{advice}");
            Err(ConfigError::new(SettingOrigin::File(path), problem))
        }
    }
}
