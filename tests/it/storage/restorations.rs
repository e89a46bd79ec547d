//! Restorations, and services that start meanwhile.

use sea_orm::{ConnectionTrait, Database, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use wharfinger::domain::backup::cell::Cell;
use wharfinger::domain::backup::line::BackupHeader;
use wharfinger::domain::backup::table_head::TableHead;
use wharfinger::domain::sessions::secret::SessionSecret;
use wharfinger::storage::notices::progress;
use wharfinger::storage::{Connections, Db, Restoration, SchemaLevel, Snapshot};

use super::sessions::sign_in;
use super::story::now;
use super::users::make_user;
use crate::harness::SeededEntropy;

/// The last session that an event of the backup is about.
const LAST_SESSION: i64 = 41;

/// An empty database of the same kind as the one at `url`.
pub(super) async fn empty(url: &SecretString, folder: &TempDir) -> SecretString {
    let url = url.expose_secret();
    let server = Database::connect(url).await.unwrap();
    if server.get_database_backend() == DbBackend::Sqlite {
        let file = folder.path().join("restored.db");
        return SecretString::from(format!("sqlite://{}?mode=rwc", file.display()));
    }
    for statement in [
        "DROP DATABASE IF EXISTS restored",
        "CREATE DATABASE restored",
    ] {
        server.execute_unprepared(statement).await.unwrap();
    }
    let (place, _) = url.rsplit_once('/').unwrap();
    SecretString::from(format!("{place}/restored"))
}

/// The notes of a service at its start, before it makes a change.
async fn note(db: &Db) {
    db.note_keys(now() + chrono::Duration::days(1))
        .await
        .unwrap();
    let later = now() + chrono::Duration::days(1);
    progress::progress(db, later).await.unwrap();
}

async fn begin(target: &SecretString, snapshot: &Snapshot) -> (Vec<TableHead>, Restoration) {
    let heads = snapshot.heads().await.unwrap();
    let level = SchemaLevel::after(snapshot.schema()).unwrap();
    let connections = Connections::from(2);
    let filling = Db::open_for_restoration(target, connections).await.unwrap();
    let begun = filling
        .begin_restoration(level, (&heads, LAST_SESSION))
        .await
        .unwrap();
    (heads, begun)
}

/// Writes all rows of a snapshot.
async fn fill(mut restoration: Restoration, heads: &[TableHead], snapshot: &Snapshot) {
    for head in heads {
        let mut last = None;
        loop {
            let rows = snapshot.rows_after(&head.table, last).await.unwrap();
            let Some(Cell::Integer(key)) = rows.last().and_then(|row| row.first()) else {
                break;
            };
            last = Some(*key);
            restoration.add(head, rows).await.unwrap();
        }
    }
    let header = BackupHeader {
        format: 1,
        program: "test".to_owned(),
        schema: snapshot.schema().to_owned(),
        created_at: now(),
        change: snapshot.change(),
    };
    restoration.finish(&header, "0123", now()).await.unwrap();
    let restored = restoration.commit().await.unwrap();
    restored.bring_up_to_date().await.unwrap();
}

pub(super) async fn a_start_is_not_in_the_way_of_a_restoration(url: &SecretString, db: &Db) {
    db.note_keys(now()).await.unwrap();
    let snapshot = db.snapshot().await.unwrap();
    let folder = TempDir::new().unwrap();
    let target = empty(url, &folder).await;

    // It ended before the restoration began.
    let started = Db::open_and_migrate(&target, 2).await.unwrap();
    note(&started).await;
    started.close().await.unwrap();
    let (_, restoration) = begin(&target, &snapshot).await;
    restoration.give_up().await.unwrap();

    // It goes on beside the restoration; on SQLite it would wait for the file.
    let target = empty(url, &folder).await;
    let (heads, restoration) = begin(&target, &snapshot).await;
    if !target.expose_secret().starts_with("sqlite") {
        let starting = Db::open_and_migrate(&target, 2).await.unwrap();
        note(&starting).await;
        starting.close().await.unwrap();
    }
    fill(restoration, &heads, &snapshot).await;
    let restored = Db::open(&target, 2).await.unwrap();
    let after = restored.snapshot().await.unwrap();
    for table in ["installation", "notice_progress", "users"] {
        let rows = snapshot.rows_after(table, None).await.unwrap();
        assert!(
            !rows.is_empty() && rows == after.rows_after(table, None).await.unwrap(),
            "{table}"
        );
    }
    let entropy = SeededEntropy::default();
    let user = make_user(&restored, "after-a-restoration").await;
    let secret = SessionSecret::generate(&entropy);
    let session = sign_in(&restored, &user, &secret, (0, 1)).await;
    assert_eq!(session.id.0, LAST_SESSION + 1);
    for snapshot in [snapshot, after] {
        snapshot.end().await.unwrap();
    }
    restored.close().await.unwrap();
}
