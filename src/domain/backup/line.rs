//! Lines: the parts of a backup's file, each a JSON value. docs/backup-format.md describes them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::backup::cell::{Cell, CellKind};
use crate::domain::backup::key_file::KeyFile;

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupHeader {
    /// The version of the format.
    #[serde(rename = "wharfinger_backup")]
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The last migration of the schema.
    pub schema: String,
    /// The instant at which the backup began.
    pub created_at: DateTime<Utc>,
    /// The number of the last change.
    pub change: i64,
}

/// The line before the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableHead {
    /// The name of the table.
    pub table: String,
    /// The columns, each with its kind, in the order of the cells; the first is the key.
    pub columns: Vec<(String, CellKind)>,
    /// The last id that the database gave out here, perhaps to a row that is deleted; none if it gives out none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_id: Option<i64>,
}

/// The numbers of what a backup holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// The key files.
    pub key_files: u64,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupEnd {
    /// The numbers of what came before.
    pub end: Tally,
    /// The SHA-256 of all lines before, in hexadecimal.
    pub sha256: String,
}

/// One line.
#[derive(Debug, Clone)]
pub enum Line {
    /// A table begins.
    Table(TableHead),
    /// A row of the table that began last.
    Row(Vec<Value>),
    /// A key file.
    KeyFile(KeyFile),
    /// There is nothing more.
    End(BackupEnd),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFileLine {
    key_file: String,
    text: String,
}

impl BackupHeader {
    /// The version of the format of a file that begins with this line; none if it is no backup.
    pub fn format_of(line: &str) -> Option<u64> {
        let value: Value = serde_json::from_str(line).ok()?;
        value.get("wharfinger_backup")?.as_u64()
    }
}

impl TableHead {
    /// True if all names can stand in a statement as they are.
    fn has_plain_names(&self) -> bool {
        let columns = self.columns.iter().map(|(name, _)| name);
        let is_plain = |name: &String| {
            let plain = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
            };
            !name.is_empty() && name.chars().all(plain)
        };
        columns.chain([&self.table]).all(is_plain)
    }

    /// The cells of a row of this table; none if they are other ones.
    pub fn cells(&self, values: Vec<Value>) -> Option<Vec<Cell>> {
        if values.len() != self.columns.len() {
            return None;
        }
        let columns = self.columns.iter().zip(values);
        columns
            .map(|((_, kind), value)| Cell::from_json(*kind, value))
            .collect()
    }
}

impl Line {
    /// The line that is written so; none if nothing is.
    pub fn read(text: &str) -> Option<Self> {
        if text.starts_with('[') {
            return serde_json::from_str(text).ok().map(Self::Row);
        }
        if text.starts_with("{\"table\"") {
            let head: TableHead = serde_json::from_str(text).ok()?;
            return head.has_plain_names().then_some(Self::Table(head));
        }
        if text.starts_with("{\"end\"") {
            return serde_json::from_str(text).ok().map(Self::End);
        }
        let line: KeyFileLine = serde_json::from_str(text).ok()?;
        KeyFile::is_path(&line.key_file).then_some(Self::KeyFile(KeyFile {
            path: line.key_file,
            text: SecretString::from(line.text),
        }))
    }
}

/// The line of a row.
pub fn row(cells: &[Cell]) -> Value {
    cells.iter().map(Cell::to_json).collect()
}

/// The line of a key file.
pub fn key_file(file: &KeyFile) -> Value {
    json!({ "key_file": file.path, "text": file.text.expose_secret() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_more_than_names_are_none() {
        let head = |table: &str, column: &str| {
            let line = json!({ "columns": [[column, "integer"]] }).to_string();
            Line::read(&line.replacen('{', &format!("{{\"table\":\"{table}\","), 1))
        };
        assert!(matches!(head("users", "id"), Some(Line::Table(_))));
        for (table, column) in [
            ("users'; DROP", "id"),
            ("users", "id\""),
            ("", "id"),
            ("users", ""),
        ] {
            assert!(head(table, column).is_none(), "{table} {column}");
        }
    }
}
