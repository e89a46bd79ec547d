//! The schema is brought up to date, whoever does it and whatever came between.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionTrait};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::storage::{Db, events, users};

use super::users::found;

/// A kill between a change of the schema and its record, at every one of them; then replicas that
/// start together.
pub(super) async fn what_was_cut_off_is_finished_by_those_who_start(url: &SecretString, db: &Db) {
    let before = (
        users::by_name(db, &UserFilter::default(), None, 1000)
            .await
            .unwrap(),
        db.last_change().await,
    );
    let records = sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap();
    forget("", &records).await.unwrap();
    start_together(url).await;
    let after = (
        users::by_name(db, &UserFilter::default(), None, 1000)
            .await
            .unwrap(),
        db.last_change().await,
    );
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
    audit_rows_of_the_first_version_stay_readable(url, db, &records).await;
    records.close().await.unwrap();
}

/// An older program that runs beside a newer one leaves rows that no search would find.
pub(super) async fn rows_of_an_older_program_are_found(url: &SecretString, db: &Db) {
    let search = |text: &str| UserFilter {
        search: Some(text.to_owned()),
        ..UserFilter::default()
    };
    assert_eq!(found(db, search("İBRAHIM")).await, "found-4");
    let records = sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap();
    for table in ["users", "namespaces", "personal_access_tokens"] {
        let forget = format!("UPDATE {table} SET folded = NULL");
        records.execute_unprepared(&forget).await.unwrap();
    }
    let forget = "DELETE FROM letter_pairs";
    records.execute_unprepared(forget).await.unwrap();
    assert_eq!(found(db, search("İBRAHIM")).await, "");
    start_together(url).await;
    assert_eq!(found(db, search("İBRAHIM")).await, "found-4");
    for table in ["users", "namespaces", "personal_access_tokens"] {
        let empty = format!("DELETE FROM {table} WHERE folded IS NULL");
        let deleted = records.execute_unprepared(&empty).await.unwrap();
        assert_eq!(deleted.rows_affected(), 0, "{table}");
    }
    records.close().await.unwrap();
}

/// The first version kept its audit log in another table, with the action of an access token as
/// `token.…` and its id as the name of what was changed.
async fn audit_rows_of_the_first_version_stay_readable(
    url: &SecretString,
    db: &Db,
    records: &DatabaseConnection,
) {
    let old = "CREATE TABLE audit_events (id BIGINT NOT NULL PRIMARY KEY, change_number BIGINT NOT NULL, \
        actor VARCHAR(255) NOT NULL, action VARCHAR(32) NOT NULL, target VARCHAR(255) NOT NULL, \
        detail TEXT NOT NULL, created_at TIMESTAMP NOT NULL)";
    records.execute_unprepared(old).await.unwrap();
    let rows = "INSERT INTO audit_events VALUES \
        (1, -2, '(operator)', 'user.created', 'alice', '', '2026-03-14 15:09:26'), \
        (2, -1, 'alice', 'token.revoked', '4', 'with tokens 2', '2026-03-14 15:09:27')";
    records.execute_unprepared(rows).await.unwrap();
    let copied = " WHERE version IN ('m33_events_from_audit_events', 'm34_audit_events_dropped')";
    forget(copied, records).await.unwrap();
    Db::open_and_migrate(url, 2).await.unwrap();
    let last = events::last(db, 2).await.unwrap();
    let told = last.iter().map(|event| {
        let (number, at) = (event.change_number.unwrap(), event.created_at);
        assert!(event.detail.is_none() && event.subject_kind.is_none());
        format!(
            "{number} {at} {} {} {} {}",
            event.actor, event.action, event.subject_name, event.sentence
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "-1 2026-03-14 15:09:27 UTC alice access_token.revoked 4 with tokens 2",
            "-2 2026-03-14 15:09:26 UTC (operator) user.created alice ",
        ]
    );
}

/// The last migration is still to be made, as in a database of the version before.
pub(super) async fn make_older(records: &DatabaseConnection) {
    let column = "ALTER TABLE changes DROP COLUMN nanoseconds";
    records.execute_unprepared(column).await.unwrap();
    forget(" WHERE version = 'm74_changes_nanoseconds'", records)
        .await
        .unwrap();
}

/// A backup reads the changes to its end. Whoever came to read them behind a change of their table would wait for both.
pub(super) async fn a_change_of_the_schema_holds_nobody_up_while_it_waits(url: &SecretString) {
    let records = sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap();
    if records.get_database_backend() == DbBackend::Sqlite {
        return;
    }
    make_older(&records).await;
    let read = "SELECT number FROM changes WHERE number = 1";
    let backup = records.begin().await.unwrap();
    backup.execute_unprepared(read).await.unwrap();
    let others = async {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(4) {
            let answer = timeout(
                Duration::from_millis(1800),
                records.execute_unprepared(read),
            );
            // Nobody waits for the backup.
            answer.await.unwrap().unwrap();
            sleep(Duration::from_millis(20)).await;
        }
        backup.rollback().await.unwrap();
    };
    let (started, ()) = tokio::join!(Db::open_and_migrate(url, 2), others);
    started.unwrap().close().await.unwrap();
    Db::open(url, 2).await.unwrap().close().await.unwrap();
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

/// SQLite does not wait by itself for a file that others have while it gets the form in which it is used.
#[tokio::test]
async fn a_start_waits_for_programs_that_have_the_new_file_for_themselves() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/new.db?mode=rwc", folder.path().display());
    let mut one = sea_orm::ConnectOptions::new(url.as_str());
    one.max_connections(1);
    let other = sea_orm::Database::connect(one).await.unwrap();
    other
        .execute_unprepared("PRAGMA journal_mode = DELETE; CREATE TABLE theirs (id INTEGER)")
        .await
        .unwrap();
    for lock in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        other.execute_unprepared(lock).await.unwrap();
        let url = SecretString::from(url.as_str());
        let start = Db::open_and_migrate(&url, 2);
        let release = async {
            sleep(Duration::from_millis(700)).await;
            other.execute_unprepared("ROLLBACK").await.unwrap();
        };
        let (started, ()) = tokio::join!(start, release);
        started.unwrap().close().await.unwrap();
        let back = other.execute_unprepared("PRAGMA journal_mode = DELETE");
        back.await.unwrap();
    }
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
