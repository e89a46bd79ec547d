//! Reading a backup line by line; what is missing or altered is noticed at the end, or before.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::app::backup::encryption::is_damage;
use crate::app::backup::error::BackupError;
use crate::domain::backup::bounds::{ALL_KEY_FILES, LONGEST_LINE, MOST_KEY_FILES, MOST_TABLES};
use crate::domain::backup::cell::Cell;
use crate::domain::backup::change_numbers::{COUNTER_TABLE, ChangeNumbers};
use crate::domain::backup::key_file::KeyFile;
use crate::domain::backup::line::{BackupEnd, BackupHeader, FORMAT, Line, Tally};
use crate::domain::backup::row::RowValues;
use crate::domain::backup::table_head::TableHead;

/// A part of a backup, with what is known to be well formed about it.
#[derive(Debug)]
pub(super) enum Part {
    /// A table begins.
    Table(TableHead),
    /// A row of the table that began last.
    Row(Vec<Cell>),
    /// A key file.
    KeyFile(KeyFile),
    /// All that was written is read, and is as it was written.
    End(BackupEnd),
}

/// A backup that is being read.
pub(super) struct BackupReader {
    pub(super) header: BackupHeader,
    path: PathBuf,
    input: Box<dyn BufRead + Send>,
    digest: Sha256,
    /// The number of the line that was read last.
    pub(super) line: u64,
    /// The bytes of that line.
    pub(super) length: usize,
    head: Option<TableHead>,
    last_key: Option<i64>,
    key_files: BTreeSet<String>,
    key_bytes: usize,
    tally: Tally,
}

impl BackupReader {
    /// Reads the first line of `input`, which comes from the file at `path`.
    pub(super) fn new(path: &Path, input: Box<dyn BufRead + Send>) -> Result<Self, BackupError> {
        let mut reader = Self {
            header: BackupHeader {
                format: FORMAT,
                program: String::new(),
                schema: String::new(),
                created_at: chrono::DateTime::UNIX_EPOCH,
                change: 0,
            },
            path: path.to_owned(),
            input,
            digest: Sha256::new(),
            line: 0,
            length: 0,
            head: None,
            last_key: None,
            key_files: BTreeSet::new(),
            key_bytes: 0,
            tally: Tally::default(),
        };
        let text = reader.read_line()?;
        let no_backup = || BackupError::NoBackup(path.to_owned());
        let format = BackupHeader::format_of(&text).ok_or_else(no_backup)?;
        if format > u64::from(FORMAT) {
            return Err(BackupError::NewerFormat {
                path: path.to_owned(),
                format,
            });
        }
        reader.digest.update(text.as_bytes());
        let header = BackupHeader::read(&text);
        reader.header = header.map_err(|why| reader.damaged(why))?;
        Ok(reader)
    }

    /// The next part; the end is the last.
    pub(super) fn next(&mut self) -> Result<Part, BackupError> {
        let text = self.read_line()?;
        let line = Line::read(&text).map_err(|why| self.damaged(why))?;
        if !matches!(line, Line::End(_)) {
            self.digest.update(text.as_bytes());
        }
        match line {
            Line::Table(head) => self.table(head).map(Part::Table),
            Line::Row(values) => self.row(values).map(Part::Row),
            Line::KeyFile(file) => self.key_file(file).map(Part::KeyFile),
            Line::End(end) => self.end(end).map(Part::End),
        }
    }

    fn table(&mut self, head: TableHead) -> Result<TableHead, BackupError> {
        if self.tally.rows.len() >= MOST_TABLES {
            return Err(self.damaged("it is one table too many"));
        }
        if self.tally.rows.insert(head.table.clone(), 0).is_some() {
            return Err(self.damaged("the table was there before"));
        }
        self.last_key = None;
        self.head = Some(head.clone());
        Ok(head)
    }

    fn row(&mut self, values: RowValues) -> Result<Vec<Cell>, BackupError> {
        let Some(head) = &self.head else {
            return Err(self.damaged("it is a row, and no table is before it"));
        };
        let cells = head.cells(values).map_err(|why| self.damaged(&why))?;
        let key = TableHead::key(&cells).filter(|key| self.last_key.is_none_or(|last| last < *key));
        let Some(key) = key else {
            return Err(
                self.damaged("its key is out of range, or not above that of the row before")
            );
        };
        if let Err(why) = ChangeNumbers::until(self.header.change).check(head, &cells) {
            return Err(self.damaged(why));
        }
        self.last_key = Some(key);
        if let Some(count) = self.tally.rows.get_mut(&head.table) {
            *count += 1;
        }
        Ok(cells)
    }

    fn key_file(&mut self, file: KeyFile) -> Result<KeyFile, BackupError> {
        self.key_bytes = self.key_bytes.saturating_add(self.length);
        if self.key_files.len() >= MOST_KEY_FILES || self.key_bytes > ALL_KEY_FILES {
            return Err(self.damaged("there are too many key files, or they are too long"));
        }
        if !self.key_files.insert(file.path.clone()) {
            return Err(self.damaged("the key file was there before"));
        }
        self.tally.key_files += 1;
        Ok(file)
    }

    fn end(&mut self, end: BackupEnd) -> Result<BackupEnd, BackupError> {
        let digest = data_encoding::HEXLOWER.encode(&self.digest.clone().finalize());
        if end.sha256 != digest || end.end != self.tally {
            return Err(BackupError::damaged(
                &self.path,
                "its lines are not those that its last line counts",
            ));
        }
        if self.tally.rows.get(COUNTER_TABLE) != Some(&1) {
            return Err(self.damaged("the row with the number of the last change is missing"));
        }
        match self.input.fill_buf() {
            Ok([]) => Ok(end),
            Ok(_) => Err(self.damaged("something follows the last line")),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// The next line, with its end.
    fn read_line(&mut self) -> Result<String, BackupError> {
        let mut bytes = Vec::new();
        self.line += 1;
        let most = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(most).read_until(b'\n', &mut bytes);
        if let Err(error) = read {
            return Err(self.unreadable(error));
        }
        self.length = bytes.len();
        if bytes.last() != Some(&b'\n') {
            let is_long = bytes.len() >= LONGEST_LINE;
            let why = if is_long {
                "it is longer than any line of a backup"
            } else {
                "it has no end"
            };
            return Err(self.damaged(why));
        }
        String::from_utf8(bytes).map_err(|_| self.damaged("it is no text"))
    }

    fn unreadable(&self, error: std::io::Error) -> BackupError {
        if is_damage(&error) {
            BackupError::damaged(&self.path, error.to_string())
        } else {
            BackupError::Unreadable(self.path.clone(), error)
        }
    }

    fn damaged(&self, why: &str) -> BackupError {
        BackupError::damaged(&self.path, format!("line {}: {why}", self.line))
    }
}
