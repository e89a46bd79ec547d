//! Restoring a backup.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::app::backup::error::BackupError;
use crate::app::backup::file::{BackupContents, BackupFile};
use crate::app::backup::reader::Part;
use crate::domain::backup::cell::Cell;
use crate::domain::backup::key_file::KeyFile;
use crate::domain::backup::line::TableHead;
use crate::signing::{remove_key_files, write_key_files};
use crate::storage::{Db, Restoration, StorageError};

/// The most rows in memory.
const AT_A_TIME: usize = 500;

/// Writes a backup whose `contents` were checked into an empty database, and its key files, if it has some, into the
/// folder `keys`, in which there are none. All of it is there afterwards, or nothing.
pub async fn restore(
    db: &Db,
    file: &BackupFile,
    contents: &BackupContents,
    keys: Option<&Path>,
    now: DateTime<Utc>,
) -> Result<(), BackupError> {
    let begun = db.begin_restoration(contents.level, &contents.heads).await;
    let mut restoration = begun.map_err(|why| BackupError::NotRestored {
        path: file.path.clone(),
        why,
    })?;
    let filled = fill(&mut restoration, file, contents).await;
    let written = filled.and_then(|key_files| {
        if let Some(folder) = keys {
            write_key_files(folder, &key_files)?;
        }
        Ok(key_files)
    });
    let key_files = match written {
        Ok(key_files) => key_files,
        Err(error) => {
            // The first error is the one to be told.
            let _ = restoration.give_up().await;
            return Err(error);
        }
    };
    let committed = restoration.commit(&contents.header, now).await;
    if committed.is_err()
        && let Some(folder) = keys
    {
        remove_key_files(folder, &key_files);
    }
    Ok(committed?.bring_up_to_date().await?)
}

/// Writes all rows, and returns the key files.
async fn fill(
    restoration: &mut Restoration,
    file: &BackupFile,
    contents: &BackupContents,
) -> Result<Vec<KeyFile>, BackupError> {
    let mut reader = file.read()?;
    let mut rows = Rows::default();
    let mut key_files = Vec::new();
    loop {
        match reader.next()? {
            Part::Table(head) => {
                rows.write(restoration).await?;
                rows.head = Some(head);
            }
            Part::Row(row) => {
                rows.rows.push(row);
                if rows.rows.len() >= AT_A_TIME {
                    rows.write(restoration).await?;
                }
            }
            Part::KeyFile(key_file) => key_files.push(key_file),
            Part::End(end) if end == contents.end => {
                rows.write(restoration).await?;
                return Ok(key_files);
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
    rows: Vec<Vec<Cell>>,
}

impl Rows {
    async fn write(&mut self, restoration: &mut Restoration) -> Result<(), StorageError> {
        match &self.head {
            Some(head) => restoration.add(head, std::mem::take(&mut self.rows)).await,
            None => Ok(()),
        }
    }
}
