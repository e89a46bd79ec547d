//! Restoring a backup.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::app::backup::error::BackupError;
use crate::app::backup::file::{BackupContents, BackupFile};
use crate::app::backup::reader::Part;
use crate::domain::backup::cell::Cell;
use crate::domain::backup::table_head::TableHead;
use crate::signing::{BegunRestoration, RestoredKeys};
use crate::storage::{Db, Restoration, RestorationError, StorageError};

/// The most rows in memory, and about the most bytes of them.
const AT_A_TIME: usize = 500;
const BYTES_AT_A_TIME: usize = 4 << 20;

/// The way in which a backup came to be in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestorationOutcome {
    /// It was written.
    Restored,
    /// It was there, and nothing had been changed since: another try came to its commit, and perhaps was killed after it.
    WasThere,
}

/// Writes a backup whose `contents` were checked into an empty database, and its key files, if they are wanted, into the
/// folder of keys, in which there are no others. All of it counts afterwards, or nothing; until then a mark in that folder says so.
pub async fn restore(
    db: &Db,
    file: &BackupFile,
    contents: &BackupContents,
    (folder, with_keys): (&Path, bool),
    now: DateTime<Utc>,
) -> Result<RestorationOutcome, BackupError> {
    let mark = match BegunRestoration::mark(folder, &contents.words()) {
        Err(error) if !with_keys && !error.is_under_way() => {
            tracing::warn!(
                "if this is cut off, nothing will say so, because no mark can be written beside the keys: {error}"
            );
            None
        }
        marked => Some(marked?),
    };
    let take_mark_back = || mark.iter().for_each(BegunRestoration::take_back);
    let keys = with_keys.then_some(folder);
    let prepared = prepare(db, file, contents, keys, now).await;
    let prepared = prepared.inspect_err(|_| take_mark_back())?;
    let Some((restoration, keys)) = prepared else {
        take_mark_back();
        return Ok(RestorationOutcome::WasThere);
    };
    // If it fails, the key files stay with their mark: it may be the answer alone that was lost, and then they belong to what
    // was committed.
    let committed = restoration.commit().await?;
    match keys {
        Some(keys) => keys.keep(),
        None => take_mark_back(),
    }
    let up_to_date = committed.bring_up_to_date().await;
    up_to_date.map_err(BackupError::SchemaLeft)?;
    Ok(RestorationOutcome::Restored)
}

/// Does everything but the commit; nothing if the same backup was restored before.
async fn prepare(
    db: &Db,
    file: &BackupFile,
    contents: &BackupContents,
    keys: Option<&Path>,
    now: DateTime<Utc>,
) -> Result<Option<(Restoration, Option<RestoredKeys>)>, BackupError> {
    let not_restored = |why| BackupError::NotRestored {
        path: file.path.clone(),
        why,
    };
    let tables = (&contents.heads[..], contents.last_session);
    let begun = db.begin_restoration(contents.level, tables).await;
    let mut restoration = match begun {
        Err(RestorationError::NotEmpty(_)) if was_there(db, contents, keys).await? => {
            return Ok(None);
        }
        begun => begun.map_err(not_restored)?,
    };
    let filled = fill(&mut restoration, file, contents).await;
    let finished = match filled {
        Ok(()) => {
            let (header, sha256) = (&contents.header, &contents.end.sha256);
            let finished = restoration.finish(header, sha256, now).await;
            finished.map_err(not_restored)
        }
        Err(error) => Err(error),
    };
    let written = finished.and_then(|()| {
        let write = |folder| RestoredKeys::write(folder, &contents.key_files, &contents.words());
        Ok(keys.map(write).transpose()?)
    });
    match written {
        Ok(keys) => Ok(Some((restoration, keys))),
        Err(error) => {
            // The first error is the one to be told.
            let _ = restoration.give_up().await;
            Err(error)
        }
    }
}

/// True if the database is as this backup's restoration left it, and its key files, if they are asked for, are there.
async fn was_there(
    db: &Db,
    contents: &BackupContents,
    keys: Option<&Path>,
) -> Result<bool, BackupError> {
    let is_there = db.is_as_restored(&contents.header, &contents.end.sha256);
    // A database without such tables is none that was restored.
    if !is_there.await.unwrap_or(false) {
        return Ok(false);
    }
    let found = keys.map(|folder| RestoredKeys::find(folder, &contents.key_files));
    match found.transpose()? {
        // Those of an earlier time may have been left out.
        Some(None) => Ok(false),
        Some(Some(keys)) => {
            keys.keep();
            Ok(true)
        }
        None => Ok(true),
    }
}

/// Writes all rows.
async fn fill(
    restoration: &mut Restoration,
    file: &BackupFile,
    contents: &BackupContents,
) -> Result<(), BackupError> {
    let mut reader = file.read()?;
    let mut rows = Rows::default();
    loop {
        let part = reader.next()?;
        match part {
            Part::Table(head) => {
                rows.write(restoration, file).await?;
                rows.head = Some(head);
            }
            Part::Row(row) => {
                rows.add(row, reader.line, reader.length);
                if rows.cells.len() >= AT_A_TIME || rows.bytes >= BYTES_AT_A_TIME {
                    rows.write(restoration, file).await?;
                }
            }
            Part::KeyFile(_) => {}
            Part::End(end) if end == contents.end => {
                return rows.write(restoration, file).await;
            }
            Part::End(_) => {
                let why = "it was changed while it was read";
                return Err(BackupError::damaged(&file.path, why));
            }
        }
    }
}

/// Rows that are read and not yet written.
#[derive(Default)]
struct Rows {
    head: Option<TableHead>,
    cells: Vec<Vec<Cell>>,
    bytes: usize,
    /// The lines of the first and the last.
    lines: (u64, u64),
}

impl Rows {
    fn add(&mut self, row: Vec<Cell>, line: u64, bytes: usize) {
        if self.cells.is_empty() {
            self.lines.0 = line;
        }
        self.lines.1 = line;
        self.bytes = self.bytes.saturating_add(bytes);
        self.cells.push(row);
    }

    async fn write(
        &mut self,
        restoration: &mut Restoration,
        file: &BackupFile,
    ) -> Result<(), BackupError> {
        let Some(head) = &self.head else {
            return Ok(());
        };
        self.bytes = 0;
        let written = restoration.add(head, std::mem::take(&mut self.cells)).await;
        written.map_err(|why| {
            let is_about_rows =
                why.refused_rows().is_some() || matches!(why, StorageError::Unreadable { .. });
            if !is_about_rows {
                return BackupError::Interrupted(why);
            }
            BackupError::RowsRefused {
                path: file.path.clone(),
                first: self.lines.0,
                last: self.lines.1,
                why,
            }
        })
    }
}
