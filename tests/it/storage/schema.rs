//! The schema is brought up to date, whoever does it and whatever came between.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use wharfinger::storage::{Db, users};

/// A kill between a change of the schema and its record, at every one of them; then replicas that
/// start together.
pub(super) async fn what_was_cut_off_is_finished_by_those_who_start(url: &SecretString, db: &Db) {
    let before = (users::all(db).await.unwrap(), db.last_change().await);
    let records = sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap();
    forget("", &records).await.unwrap();
    start_together(url).await;
    let after = (users::all(db).await.unwrap(), db.last_change().await);
    assert_eq!(after.0, before.0);
    assert_eq!(after.1.unwrap(), before.1.unwrap());
    Db::open(url, 2).await.unwrap();

    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99_later', 0)";
    records.execute_unprepared(later).await.unwrap();
    for refused in [
        Db::open(url, 2).await.map(drop),
        Db::open_and_migrate(url, 2).await.map(drop),
    ] {
        let told = refused.unwrap_err().to_string();
        let expected = "the database's schema is newer than this program; run the version that made it, or a later one";
        assert_eq!(told, expected);
    }
    forget(" WHERE version = 'm99_later'", &records)
        .await
        .unwrap();

    forget(" WHERE version = 'm30_deploy_tokens'", &records)
        .await
        .unwrap();
    let told = Db::open(url, 2).await.unwrap_err().to_string();
    let expected = "the database's schema is older than this program; run `wharfinger migrate`";
    assert_eq!(told, expected);
    Db::open_and_migrate(url, 2).await.unwrap();
    records.close().await.unwrap();
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_all_start() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/new.db?mode=rwc", folder.path().display());
    let url = SecretString::from(url);
    start_together(&url).await;
    Db::open(&url, 2).await.unwrap();
}

async fn forget(which: &str, records: &DatabaseConnection) -> Result<(), DbErr> {
    let all = format!("DELETE FROM seaql_migrations{which}");
    records.execute_unprepared(&all).await.map(drop)
}

async fn start_together(url: &SecretString) {
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this test waits for its tasks itself"
            )]
            tokio::spawn(async move { Db::open_and_migrate(&url, 2).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}
