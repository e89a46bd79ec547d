//! The file of a backup.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::Value;

use crate::app::backup::back_up::summary;
use crate::app::backup::encryption::{BEGINNING, Refused, decrypt};
use crate::app::backup::error::BackupError;
use crate::app::backup::reader::{BackupReader, Part};
use crate::domain::backup::bounds::is_key;
use crate::domain::backup::cell::Cell;
use crate::domain::backup::key_file::KeyFile;
use crate::domain::backup::line::{BackupEnd, BackupHeader};
use crate::domain::backup::table_head::TableHead;
use crate::domain::events::subject::SESSION;
use crate::storage::SchemaLevel;

/// The beginning of every SQLite database.
const SQLITE: &[u8] = b"SQLite format 3";

/// The memory for reading.
const BUFFER: usize = 128 << 10;

/// The file of a backup, which is read twice: to see that it is whole, and to restore it.
#[derive(Debug)]
pub struct BackupFile {
    /// The name for people.
    pub(super) path: PathBuf,
    /// The path at which it is opened.
    place: PathBuf,
    passphrase: Option<SecretString>,
}

/// The contents of a backup that is whole.
#[derive(Debug, Clone)]
pub struct BackupContents {
    /// The first line.
    pub header: BackupHeader,
    /// The level of the schema.
    pub(super) level: SchemaLevel,
    /// The tables. The last id of each is not below its largest key.
    pub(super) heads: Vec<TableHead>,
    /// The last id of a session that an event names; zero for none.
    pub(super) last_session: i64,
    /// The key files.
    pub(super) key_files: Vec<KeyFile>,
    /// The last line.
    pub(super) end: BackupEnd,
}

impl BackupContents {
    /// The key files.
    pub fn key_files(&self) -> &[KeyFile] {
        &self.key_files
    }

    /// The backup, in words.
    pub fn words(&self) -> String {
        format!("the {}", self.header.words())
    }

    /// The number of rows in all tables.
    pub fn rows(&self) -> u64 {
        self.end.end.rows.values().sum()
    }

    /// In JSON.
    pub fn to_json(&self) -> Value {
        summary(&self.header, &self.end.end)
    }
}

impl BackupFile {
    /// The file at `path`, with the passphrase if it is encrypted.
    pub fn new(path: PathBuf, passphrase: Option<SecretString>) -> Self {
        Self {
            place: path.clone(),
            path,
            passphrase,
        }
    }

    /// The file with a name for people, where its path tells them nothing.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self {
            path: PathBuf::from(name),
            ..self
        }
    }

    /// The file with the passphrase if it is encrypted.
    #[must_use]
    pub fn with_passphrase(self, passphrase: Option<SecretString>) -> Self {
        Self { passphrase, ..self }
    }

    /// True if it is encrypted.
    pub fn is_encrypted(&self) -> Result<bool, BackupError> {
        let mut input = self.open()?;
        let beginning = input.fill_buf().map_err(|error| self.failed(error))?;
        Ok(beginning.starts_with(BEGINNING))
    }

    /// Reads all of it, to see that it is whole and as it was written.
    pub fn check(&self) -> Result<BackupContents, BackupError> {
        let mut reader = self.read()?;
        let header = &reader.header;
        let level = SchemaLevel::after(&header.schema).ok_or_else(|| BackupError::NewerSchema {
            path: self.path.clone(),
            schema: header.schema.clone(),
            program: header.program.clone(),
        })?;
        let (mut heads, mut key_files) = (Vec::<TableHead>::new(), Vec::new());
        let mut last_session = 0;
        loop {
            match reader.next()? {
                Part::Table(head) => heads.push(head),
                // Keys rise, so the last is the largest.
                Part::Row(cells) => {
                    if let Some(head) = heads.last_mut() {
                        head.last_id = head.last_id.max(TableHead::key(&cells));
                        last_session = last_session.max(session(head, &cells).unwrap_or(0));
                    }
                }
                Part::KeyFile(file) => key_files.push(file),
                Part::End(end) => {
                    return Ok(BackupContents {
                        header: reader.header,
                        level,
                        heads,
                        last_session,
                        key_files,
                        end,
                    });
                }
            }
        }
    }

    pub(super) fn read(&self) -> Result<BackupReader, BackupError> {
        let path = &self.path;
        let mut input = self.open()?;
        let beginning = input.fill_buf().map_err(|error| self.failed(error))?;
        if beginning.starts_with(SQLITE) {
            return Err(BackupError::DatabaseFile(path.clone()));
        }
        if !beginning.starts_with(BEGINNING) {
            return BackupReader::new(path, Box::new(input));
        }
        let Some(passphrase) = &self.passphrase else {
            return Err(BackupError::Encrypted(path.clone()));
        };
        let decrypted = decrypt(input, passphrase).map_err(|refused| match refused {
            Refused::WrongPassphrase => BackupError::WrongPassphrase(path.clone()),
            Refused::TooMuchWork => BackupError::TooMuchWork(path.clone()),
            Refused::Damaged(why) => BackupError::damaged(path, why),
            Refused::Unreadable(error) => self.failed(error),
        })?;
        let decrypted = BufReader::with_capacity(BUFFER, decrypted);
        BackupReader::new(path, Box::new(decrypted))
    }

    fn open(&self) -> Result<BufReader<File>, BackupError> {
        // Looked at first: whoever opens a pipe waits until somebody writes into it.
        let found = fs::metadata(&self.place).map_err(|error| self.failed(error))?;
        if !found.is_file() {
            let why = "it is no file, and is read twice; say - for standard input, or save it into a file first";
            return Err(self.failed(io::Error::other(why)));
        }
        let file = File::open(&self.place).map_err(|error| self.failed(error))?;
        Ok(BufReader::with_capacity(BUFFER, file))
    }

    fn failed(&self, error: io::Error) -> BackupError {
        BackupError::Unreadable(self.path.clone(), error)
    }
}

/// The id of the session that a row is about, if it is a row of such an event.
fn session(head: &TableHead, cells: &[Cell]) -> Option<i64> {
    let kind = head.cell(cells, "subject_kind");
    match (kind, head.cell(cells, "subject_id")) {
        (Some(Cell::Text(kind)), Some(Cell::Integer(id)))
            if head.table == "events" && kind == SESSION && is_key(*id) =>
        {
            Some(*id)
        }
        _ => None,
    }
}
