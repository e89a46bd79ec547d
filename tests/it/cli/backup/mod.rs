//! Backups, and what is restored from them.

mod bounds;
mod consistent;
mod key_folders;
mod killed;
mod leftovers;
mod many;
mod marked;
mod piped;
mod places;
mod refused;
mod repeated;
mod round_trip;
mod told;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Workplace;

const PASSPHRASE: &str = "four words and more\n";

/// A backup as a test reads it: the lines, and the rows of each table with the names of their columns.
struct Backup {
    lines: Vec<String>,
    tables: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
}

impl Backup {
    fn read(path: &Path) -> Self {
        Self::of(&fs::read_to_string(path).unwrap())
    }

    fn of(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (mut tables, mut head) = (BTreeMap::<_, Vec<_>>::new(), (String::new(), Vec::new()));
        for line in &lines[1..lines.len() - 1] {
            let value: Value = serde_json::from_str(line).unwrap();
            if let Some(name) = value["table"].as_str() {
                let columns = value["columns"].as_array().unwrap();
                let names = columns
                    .iter()
                    .map(|column| column[0].as_str().unwrap().to_owned());
                head = (name.to_owned(), names.collect::<Vec<_>>());
                tables.insert(head.0.clone(), Vec::new());
            } else if let Value::Array(cells) = value {
                let row = head.1.iter().cloned().zip(cells).collect();
                tables.get_mut(&head.0).unwrap().push(row);
            }
        }
        Self { lines, tables }
    }

    fn header(&self) -> Value {
        serde_json::from_str(&self.lines[0]).unwrap()
    }

    /// All numbers in a column.
    fn numbers(&self, table: &str, column: &str) -> Vec<i64> {
        let numbers = self.tables[table]
            .iter()
            .filter_map(|row| row[column].as_i64());
        numbers.collect()
    }
}

/// The text with these lines before its end, which counts and digests them as the program does.
fn sealed(lines: &[String], end: &str) -> String {
    let mut text = lines.join("\n") + "\n";
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    let mut end: Value = serde_json::from_str(end).unwrap();
    end["sha256"] = digest.into();
    text.push_str(&serde_json::to_string(&end).unwrap());
    text.push('\n');
    text
}

/// Makes a backup in a workplace.
fn backed_up(workplace: &Workplace, name: &str, more: &[&str]) -> PathBuf {
    let path = workplace.path().join(name);
    let arguments = ["backup", path.to_str().unwrap()];
    workplace.ok(&[&arguments, more].concat());
    path
}

/// The names of all files below a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    found
}
