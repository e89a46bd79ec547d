//! Lines: the parts of a backup's file, each a JSON value. docs/backup-format.md describes them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::backup::bounds::{LONGEST_KEY_FILE, is_key, is_word};
use crate::domain::backup::cell::Cell;
use crate::domain::backup::few;
use crate::domain::backup::key_file::KeyFile;
use crate::domain::backup::row::RowValues;
use crate::domain::backup::table_head::TableHead;

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

/// The numbers of what a backup holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The rows of each table.
    #[serde(deserialize_with = "few::tables")]
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
    Row(RowValues),
    /// A key file.
    KeyFile(KeyFile),
    /// There is nothing more.
    End(BackupEnd),
}

/// The part of the first line that all formats have.
#[derive(Deserialize)]
struct Format {
    wharfinger_backup: u64,
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
        let format: Format = serde_json::from_str(line).ok()?;
        // Versions begin with 1.
        Some(format.wharfinger_backup).filter(|version| *version > 0)
    }

    /// The words that tell which backup it is.
    pub fn words(&self) -> String {
        format!(
            "backup of {}, after change {}",
            self.created_at, self.change
        )
    }

    /// The header that is written so, or the fault in it.
    pub fn read(line: &str) -> Result<Self, &'static str> {
        let header: Self = serde_json::from_str(line).map_err(|_| "it is no header")?;
        if !is_word(&header.program) || !is_word(&header.schema) {
            return Err("its program or schema is none");
        }
        let is_change = is_key(header.change);
        is_change
            .then_some(header)
            .ok_or("its change is out of range")
    }
}

impl Line {
    /// The line that is written so, or the fault in it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        const NONE: &str = "it is none of a backup";
        if text.starts_with('[') {
            let row = serde_json::from_str(text).map(Self::Row);
            return row.map_err(|_| "it is no row");
        }
        if text.starts_with("{\"table\"") {
            let head: TableHead = serde_json::from_str(text).map_err(|_| NONE)?;
            return head.fault().map_or(Ok(Self::Table(head)), Err);
        }
        if text.starts_with("{\"end\"") {
            return serde_json::from_str(text).map(Self::End).map_err(|_| NONE);
        }
        let line: KeyFileLine = serde_json::from_str(text).map_err(|_| NONE)?;
        if !KeyFile::is_path(&line.key_file) {
            return Err("its path is none of a key file");
        }
        if line.text.len() > LONGEST_KEY_FILE {
            return Err("it is longer than any key file");
        }
        Ok(Self::KeyFile(KeyFile {
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
        assert!(matches!(head("users", "id"), Ok(Line::Table(_))));
        for (table, column) in [
            ("users'; DROP", "id"),
            ("users", "id\""),
            ("", "id"),
            ("users", ""),
            ("users", &"x".repeat(64)),
        ] {
            assert!(head(table, column).is_err(), "{table} {column}");
        }
    }
}
