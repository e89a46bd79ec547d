//! Writing a backup.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::backup::encryption::encrypt;
use crate::app::backup::error::BackupError;
use crate::domain::backup::bounds::LONGEST_LINE;
use crate::domain::backup::cell::Cell;
use crate::domain::backup::line::{self, BackupEnd, BackupHeader, FORMAT, Tally};
use crate::signing::read_key_files;
use crate::storage::{Db, Snapshot};

/// The choices for a backup.
#[derive(Debug)]
pub struct BackupOptions {
    /// The folder of the key files that go into it, if they do.
    pub keys: Option<PathBuf>,
    /// The passphrase with which it is encrypted; a backup with keys must be.
    pub passphrase: Option<SecretString>,
}

/// A backup that was written.
#[derive(Debug, Clone)]
pub struct BackupSummary {
    /// The first line.
    pub header: BackupHeader,
    /// The numbers of what it holds.
    pub tally: Tally,
}

/// Writes everything that is stored in `db` now, while others go on with changes.
pub async fn back_up(
    db: &Db,
    options: &BackupOptions,
    now: DateTime<Utc>,
    output: &mut (dyn Write + Send),
) -> Result<BackupSummary, BackupError> {
    let Some(passphrase) = &options.passphrase else {
        return write(db, options.keys.as_deref(), now, output).await;
    };
    let mut encrypted = encrypt(output, passphrase).map_err(BackupError::Unwritable)?;
    let written = write(db, options.keys.as_deref(), now, &mut encrypted).await?;
    encrypted.finish().map_err(BackupError::Unwritable)?;
    Ok(written)
}

async fn write(
    db: &Db,
    keys: Option<&Path>,
    now: DateTime<Utc>,
    output: &mut (dyn Write + Send),
) -> Result<BackupSummary, BackupError> {
    let snapshot = db.snapshot().await?;
    // Only now: the key of the secrets that are in the snapshot may have been made a moment before it.
    let keys = keys.map(read_key_files).transpose()?.unwrap_or_default();
    let header = BackupHeader {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: snapshot.schema().to_owned(),
        created_at: now,
        change: snapshot.change(),
    };
    let mut lines = Lines::new(output);
    lines.write(&header)?;
    let tables = write_tables(&snapshot, &mut lines).await;
    // The rows do not change any more, whatever becomes of the rest.
    let ended = snapshot.end().await;
    tables.and(ended.map_err(BackupError::from))?;
    for file in &keys {
        lines.write(&line::key_file(file))?;
        lines.tally.key_files += 1;
    }
    let tally = lines.end()?;
    Ok(BackupSummary { header, tally })
}

async fn write_tables(snapshot: &Snapshot, lines: &mut Lines<'_>) -> Result<(), BackupError> {
    for head in snapshot.heads().await? {
        lines.write(&head)?;
        let (mut count, mut last) = (0, None);
        loop {
            let rows = snapshot.rows_after(&head.table, last).await?;
            let Some(Cell::Integer(key)) = rows.last().and_then(|row| row.first()) else {
                break;
            };
            last = Some(*key);
            for row in &rows {
                let is_written = row.iter().all(Cell::is_in_bounds) && lines.write_row(row)?;
                if !is_written {
                    return Err(out_of_bounds(head.table, row));
                }
                count += 1;
            }
        }
        lines.tally.rows.insert(head.table, count);
    }
    Ok(())
}

fn out_of_bounds(table: String, row: &[Cell]) -> BackupError {
    let key = match row.first() {
        Some(Cell::Integer(key)) => *key,
        _ => 0,
    };
    BackupError::OutOfBounds { table, key }
}

/// The lines of a backup, whose digest and number are known at the end.
struct Lines<'a> {
    output: &'a mut (dyn Write + Send),
    digest: Sha256,
    tally: Tally,
}

impl<'a> Lines<'a> {
    fn new(output: &'a mut (dyn Write + Send)) -> Self {
        Self {
            output,
            digest: Sha256::new(),
            tally: Tally::default(),
        }
    }

    fn write(&mut self, value: &impl Serialize) -> Result<(), BackupError> {
        self.write_text(&text_of(value)?)
    }

    /// False if its line would be longer than a restoration reads.
    fn write_row(&mut self, row: &[Cell]) -> Result<bool, BackupError> {
        let text = text_of(&line::row(row))?;
        if text.len() > LONGEST_LINE {
            return Ok(false);
        }
        self.write_text(&text).map(|()| true)
    }

    fn write_text(&mut self, text: &[u8]) -> Result<(), BackupError> {
        self.digest.update(text);
        let written = self.output.write_all(text);
        written.map_err(BackupError::Unwritable)
    }

    fn end(mut self) -> Result<Tally, BackupError> {
        let tally = std::mem::take(&mut self.tally);
        let end = BackupEnd {
            end: tally,
            sha256: data_encoding::HEXLOWER.encode(&self.digest.clone().finalize()),
        };
        self.write(&end)?;
        self.output.flush().map_err(BackupError::Unwritable)?;
        Ok(end.end)
    }
}

/// The line of a value, with its end.
fn text_of(value: &impl Serialize) -> Result<Vec<u8>, BackupError> {
    let text = serde_json::to_vec(value);
    let mut text = text.map_err(|error| BackupError::Unwritable(error.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// The summary as programs read it.
impl BackupSummary {
    /// In JSON.
    pub fn to_json(&self) -> Value {
        summary(&self.header, &self.tally)
    }
}

/// The header and the numbers in JSON.
pub(super) fn summary(header: &BackupHeader, tally: &Tally) -> Value {
    serde_json::json!({
        "format": header.format,
        "program": header.program,
        "schema": header.schema,
        "created_at": header.created_at,
        "change": header.change,
        "rows": tally.rows,
        "key_files": tally.key_files,
    })
}
