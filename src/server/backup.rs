//! Backups for the command line.

use std::io::Write;

use secrecy::SecretString;

use crate::app::backup::{self, BackupContents, BackupFile, BackupOptions, BackupSummary};
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::server::migrations::must_not_be_half_restored;
use crate::server::{SystemClock, connections};
use crate::signing::must_have_no_other_key_files;
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
    db.close().await?;
    Ok((written?, place))
}

/// Restores a backup into the empty database, and its key files if `with_keys`; the database's file, or host and port, is
/// returned, too.
pub async fn restore(
    config: &Config,
    file: &BackupFile,
    with_keys: bool,
) -> anyhow::Result<(BackupContents, String)> {
    let contents = file.check()?;
    let has_keys = with_keys && !contents.key_files().is_empty();
    let keys = has_keys.then_some(config.keys.directory.as_path());
    if let Some(folder) = keys {
        must_have_no_other_key_files(folder, contents.key_files())?;
    }
    let db = Db::open_for_restoration(&config.database.url, connections(config)).await?;
    let place = db.place();
    let restored = backup::restore(&db, file, &contents, keys, SystemClock.now()).await;
    db.close().await?;
    restored?;
    Ok((contents, place))
}
