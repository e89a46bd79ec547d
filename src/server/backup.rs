//! Backups for the command line.

use std::io::Write;

use secrecy::SecretString;

use crate::app::backup::{
    self, BackupContents, BackupFile, BackupOptions, BackupSummary, RestorationOutcome,
};
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::server::SystemClock;
use crate::server::migrations::must_not_be_half_restored;
use crate::server::wiring::connections;
use crate::signing::{UnfinishedRestoration, must_have_no_other_key_files};
use crate::storage::Db;

/// The choices for a backup.
#[derive(Debug)]
pub struct BackupChoice {
    /// True if the key files go into it.
    pub with_keys: bool,
    /// The passphrase with which it is encrypted.
    pub passphrase: Option<SecretString>,
}

/// Writes a backup of the database; its file, or host and port, is returned, too.
pub async fn back_up(
    config: &Config,
    choice: BackupChoice,
    output: &mut (dyn Write + Send),
) -> anyhow::Result<(BackupSummary, String)> {
    if choice.with_keys {
        must_not_be_half_restored(config).await?;
    }
    let db = Db::open(&config.database.url, connections(config)).await?;
    let place = db.place();
    let options = BackupOptions {
        keys: choice.with_keys.then(|| config.keys.directory.clone()),
        passphrase: choice.passphrase,
    };
    let written = backup::back_up(&db, &options, SystemClock.now(), output).await;
    leave(db).await;
    Ok((written?, place))
}

/// A backup that is in the database.
#[derive(Debug)]
pub struct RestoredBackup {
    /// Its contents.
    pub contents: BackupContents,
    /// The database's file, or host and port.
    pub place: String,
    /// The way in which it came there.
    pub outcome: RestorationOutcome,
}

/// Restores a backup into the empty database, and its key files if `with_keys`.
pub async fn restore(
    config: &Config,
    file: &BackupFile,
    with_keys: bool,
) -> anyhow::Result<RestoredBackup> {
    let contents = file.check()?;
    let with_keys = with_keys && !contents.key_files().is_empty();
    let folder = config.keys.directory.as_path();
    if with_keys {
        must_have_no_other_key_files(folder, contents.key_files())?;
    } else if UnfinishedRestoration::find(folder)?.is_some_and(|other| other.has_keys()) {
        // The key files of the other backup would be taken for those of this one.
        must_not_be_half_restored(config).await?;
    }
    let db = Db::open_for_restoration(&config.database.url, connections(config)).await?;
    let place = db.place();
    let restored =
        backup::restore(&db, file, &contents, (folder, with_keys), SystemClock.now()).await;
    leave(db).await;
    Ok(RestoredBackup {
        contents,
        place,
        outcome: restored?,
    })
}

/// Closes the database. What was done there is done, or failed for a reason of its own, whatever becomes of this.
async fn leave(db: Db) {
    if let Err(error) = db.close().await {
        tracing::warn!("the database was not closed cleanly: {error}");
    }
}
