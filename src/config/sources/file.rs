//! Takes a TOML file apart into keys and values, with their lines.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::value::{Raw, Setting};

/// One `[[registry]]`: where it begins, and its keys.
pub(in crate::config) type RegistryEntry = (SettingOrigin, BTreeMap<String, Setting>);

/// The keys of a file: `section.key`, and those of each `[[registry]]`.
#[derive(Default)]
pub(in crate::config) struct Flat {
    pub(in crate::config) settings: BTreeMap<String, Setting>,
    pub(in crate::config) registries: Vec<RegistryEntry>,
    /// The names of the sections, with their lines; a section may be empty.
    pub(in crate::config) sections: Vec<(String, SettingOrigin)>,
}

struct Reader<'a> {
    text: &'a str,
    /// The file that is read; `None` for the embedded reference.
    path: Option<&'a Path>,
}

/// Takes `text` apart, which was read from `path`.
pub(in crate::config) fn flatten(text: &str, path: Option<&Path>) -> Result<Flat, ConfigError> {
    let reader = Reader { text, path };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ConfigError::new(
            reader.origin(at),
            format!("is not TOML: {}", error.message()),
        )
    })?;
    let mut flat = Flat::default();
    for (name, value) in table.get_ref() {
        let (section, origin) = (name.get_ref().to_string(), reader.origin(name.span().start));
        match value.get_ref() {
            DeValue::Table(_) if section == "registry" => {
                return Err(ConfigError::new(
                    origin,
                    "write each registry as [[registry]], with two brackets",
                ));
            }
            DeValue::Table(table) => {
                for setting in reader.settings(&format!("{section}."), table) {
                    flat.settings.insert(setting.key.clone(), setting);
                }
                flat.sections.push((section, origin));
            }
            DeValue::Array(entries) if section == "registry" => {
                for entry in entries {
                    flat.registries.push(reader.registry(entry)?);
                }
            }
            DeValue::Array(entries) if entries.iter().all(|entry| entry.get_ref().is_table()) => {
                let problem = format!(
                    "only [[registry]] has two brackets; write [{section}] once, if that is a section"
                );
                return Err(ConfigError::new(origin, problem));
            }
            _ => {
                let problem = format!("`{section}` stands outside of any section such as [token]");
                return Err(ConfigError::new(origin, problem));
            }
        }
    }
    Ok(flat)
}

impl Reader<'_> {
    fn registry(&self, entry: &Spanned<DeValue<'_>>) -> Result<RegistryEntry, ConfigError> {
        let origin = self.origin(entry.span().start);
        let DeValue::Table(table) = entry.get_ref() else {
            let problem = "write each registry as [[registry]]";
            return Err(ConfigError::new(origin, problem));
        };
        let settings = self.settings("registry.", table);
        let settings = settings
            .into_iter()
            .map(|setting| (setting.key.clone(), setting))
            .collect();
        Ok((origin, settings))
    }

    fn settings(&self, prefix: &str, table: &DeTable<'_>) -> Vec<Setting> {
        let read = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let key = format!("{prefix}{}", name.get_ref());
            let origin = self.origin(name.span().start);
            let raw = raw(value.get_ref()).unwrap_or(Raw::Other);
            Setting { key, raw, origin }
        };
        table.iter().map(read).collect()
    }

    fn origin(&self, at: usize) -> SettingOrigin {
        match self.path {
            None => SettingOrigin::Default,
            Some(path) => {
                let before = self.text.get(..at).unwrap_or(self.text);
                SettingOrigin::Line(path.to_owned(), before.matches('\n').count() + 1)
            }
        }
    }
}

/// The value as it is written; none if it is of a kind that no key has.
fn raw(value: &DeValue<'_>) -> Option<Raw> {
    match value {
        DeValue::String(text) => Some(Raw::Text(text.to_string())),
        DeValue::Boolean(value) => Some(Raw::Boolean(*value)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Raw::Integer),
        DeValue::Array(items) => {
            let texts = items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Raw::List)
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}
