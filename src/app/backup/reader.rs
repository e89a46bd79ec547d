//! Reading a backup line by line; what is missing or altered is noticed at the end, or before.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::backup::encryption::is_damage;
use crate::app::backup::error::BackupError;
use crate::domain::backup::cell::Cell;
use crate::domain::backup::key_file::KeyFile;
use crate::domain::backup::line::{BackupEnd, BackupHeader, FORMAT, Line, TableHead, Tally};

/// The longest line that is read.
const LONGEST: u64 = 16 << 20;

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
    line: u64,
    head: Option<TableHead>,
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
            head: None,
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
        let header = serde_json::from_str(&text);
        reader.header = header.map_err(|_| reader.damaged("it is no header"))?;
        Ok(reader)
    }

    /// The next part; the end is the last.
    pub(super) fn next(&mut self) -> Result<Part, BackupError> {
        let text = self.read_line()?;
        let line = Line::read(&text).ok_or_else(|| self.damaged("it is none of a backup"))?;
        if let Line::End(end) = line {
            return self.end(end).map(Part::End);
        }
        self.digest.update(text.as_bytes());
        match line {
            Line::Table(head) => {
                if self.tally.rows.insert(head.table.clone(), 0).is_some() {
                    return Err(self.damaged("the table was there before"));
                }
                self.head = Some(head.clone());
                Ok(Part::Table(head))
            }
            Line::Row(values) => self.row(values).map(Part::Row),
            Line::KeyFile(file) => {
                self.tally.key_files += 1;
                Ok(Part::KeyFile(file))
            }
            Line::End(_) => Err(self.damaged("it is the end")),
        }
    }

    fn row(&mut self, values: Vec<Value>) -> Result<Vec<Cell>, BackupError> {
        let cells = self.head.as_ref().and_then(|head| head.cells(values));
        let Some(cells) = cells else {
            return Err(self.damaged("it is no row of its table"));
        };
        if let Some(head) = &self.head
            && let Some(count) = self.tally.rows.get_mut(&head.table)
        {
            *count += 1;
        }
        Ok(cells)
    }

    fn end(&mut self, end: BackupEnd) -> Result<BackupEnd, BackupError> {
        let digest = data_encoding::HEXLOWER.encode(&self.digest.clone().finalize());
        if end.sha256 != digest || end.end != self.tally {
            return Err(BackupError::damaged(
                &self.path,
                "its lines are not those that its last line counts",
            ));
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
        let read = (&mut self.input)
            .take(LONGEST)
            .read_until(b'\n', &mut bytes);
        if let Err(error) = read {
            return Err(self.unreadable(error));
        }
        if bytes.last() != Some(&b'\n') {
            return Err(self.damaged("it has no end"));
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
