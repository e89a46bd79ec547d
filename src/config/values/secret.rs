//! Secrets: written in the configuration, or in a file of their own.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use secrecy::SecretString;

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;

/// The most bytes of a file with a secret.
const LONGEST_SECRET: u64 = 64 * 1024;
/// The most bytes of a file with certificates; a list of all well-known authorities has some 200 KB.
const LONGEST_LIST: u64 = 1024 * 1024;
/// The right of everybody to read a file.
const READ_BY_ALL: u32 = 0o004;

/// The secret that is written for `key`, or in the file that is named for `key` with `_file` behind it, with the one of
/// these settings that has it; none if both are empty. A line break at the end of a file is no part of it.
pub(in crate::config) fn read<'a>(
    settings: &'a Settings,
    key: &str,
) -> Result<Option<(SecretString, &'a Setting)>, ConfigError> {
    let (written, file) = (settings.get(key)?, settings.get(&format!("{key}_file"))?);
    match (written.text()?, file.path()?) {
        ("", None) => Ok(None),
        (text, None) => Ok(Some((SecretString::from(text), written))),
        ("", Some(_)) => {
            let text = text_of(file, LONGEST_SECRET, READ_BY_ALL)?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                return Err(file.wrong("names a file with nothing in it"));
            }
            Ok(Some((SecretString::from(text), file)))
        }
        _ => Err(file.wrong(&format!("and `{key}` are one too many"))),
    }
}

/// The text of the file with certificates that is named for `key`; none if none is.
pub(in crate::config) fn certificates(
    settings: &Settings,
    key: &str,
) -> Result<Option<String>, ConfigError> {
    let setting = settings.get(key)?;
    let named = setting.path()?;
    named.map(|_| text_of(setting, LONGEST_LIST, 0)).transpose()
}

/// The text of the named file, which must not be longer than that, and which nobody must have the rights in `refused` to.
fn text_of(setting: &Setting, longest: u64, refused: u32) -> Result<String, ConfigError> {
    let name = setting.text()?;
    let unreadable = |error: std::io::Error| {
        setting.wrong(&format!(
            "names the file {name}, which cannot be read: {error}"
        ))
    };
    let file = fs::File::open(name).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & refused != 0 {
        return Err(setting.wrong(&format!(
            "names the file {name}, which everybody can read; run `chmod o= {name}`; for a \
             secret that is mounted, give it a `mode` or `defaultMode` of 0440"
        )));
    }
    let mut bytes = Vec::new();
    // One byte more, to see that there is too much.
    file.take(longest + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > longest) {
        return Err(setting.wrong(&format!(
            "names the file {name}, which has more than {longest} bytes"
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| setting.wrong(&format!("names the file {name}, which is no text in UTF-8")))?;
    // A mark with which Windows begins a text; behind it no block of PEM would be found.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
