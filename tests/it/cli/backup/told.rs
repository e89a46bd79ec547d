//! Backups of installations that tell people of their tokens: how far they have read is a row of its own.

use std::fs;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use super::{Backup, backed_up, sealed};
use crate::cli::Workplace;
use crate::cli::running::{start_with, within};
use crate::notices::receiver::Receiver;
use crate::notices::webhook_at;

/// The number that earlier versions stored for "behind all events of that change".
const OLD: i64 = i64::MAX;
/// The largest number that a backup has.
const LARGEST: i64 = i64::MAX / 2;

/// A backup of a service with a webhook in which nothing was changed since it was told of one.
fn quiet(receiver: &Receiver) -> (Workplace, Backup) {
    let workplace = Workplace::furnished();
    let mut running = start_with(&workplace, "log", &webhook_at(&receiver.url()));
    let mut backup = None;
    within(Duration::from_secs(20), "no events are read", || {
        fs::remove_file(workplace.path().join("quiet.jsonl")).unwrap_or_default();
        let read = Backup::read(&backed_up(&workplace, "quiet.jsonl", &[]));
        let has_begun = !read.tables["notice_progress"].is_empty();
        backup = Some(read);
        has_begun
    });
    assert_eq!(running.stop().0, Some(0));
    (workplace, backup.unwrap())
}

fn read_events(backup: &Backup) -> Vec<i64> {
    backup.numbers("notice_progress", "event_id")
}

#[test]
fn a_quiet_service_with_a_webhook_is_backed_up_and_its_restoration_tells_what_is_new() {
    let receiver = Receiver::start();
    let (workplace, backup) = quiet(&receiver);
    let other = Workplace::empty();
    let file = workplace.path().join("quiet.jsonl");
    other.ok(&["restore", file.to_str().unwrap()]);
    let after = Backup::read(&backed_up(&other, "after.jsonl", &[]));
    let progress = "notice_progress";
    assert_eq!(after.tables[progress], backup.tables[progress]);

    other.ok(&["keys", "create"]);
    let mut running = start_with(&other, "log", &webhook_at(&receiver.url()));
    let scope = ["--scope", "read_registry"];
    let token = ["token", "create", "--user", "alice", "--name", "ci"];
    let made = other.json(&[&token[..], &scope].concat());
    other.ok(&["token", "revoke", &made["id"].to_string(), "--yes"]);
    let mut messages = Vec::new();
    within(Duration::from_secs(20), "no message comes", || {
        messages.extend(receiver.take());
        !messages.is_empty()
    });
    assert_eq!(messages.len(), 1);
    let message = messages.remove(0).json();
    assert_eq!(message["type"], "access_token.revoked");
    assert_eq!(message["data"]["token"]["id"], made["id"]);
    assert_eq!(running.stop().0, Some(0));
}

#[tokio::test]
async fn a_row_that_an_earlier_version_stored_is_backed_up() {
    let (workplace, _) = quiet(&Receiver::start());
    let url = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
    let db = Database::connect(url).await.unwrap();
    let set = format!("UPDATE notice_progress SET event_id = {OLD}");
    db.execute_unprepared(&set).await.unwrap();
    db.close().await.unwrap();
    let backup = Backup::read(&backed_up(&workplace, "old.jsonl", &[]));
    assert_eq!(read_events(&backup), [LARGEST]);
}

#[test]
fn a_file_that_an_earlier_version_wrote_is_restored() {
    let (_, backup) = quiet(&Receiver::start());
    let mut lines = backup.lines;
    let end = lines.pop().unwrap();
    let is_head = |line: &String| line.starts_with("{\"table\":\"notice_progress\"");
    let at = lines.iter().position(is_head).unwrap() + 1;
    let mut row: Vec<Value> = serde_json::from_str(&lines[at]).unwrap();
    row[2] = json!(OLD);
    lines[at] = Value::from(row.clone()).to_string();
    let other = Workplace::empty();
    fs::write(other.path().join("old.jsonl"), sealed(&lines, &end)).unwrap();
    other.ok(&["restore", "old.jsonl"]);
    let after = Backup::read(&backed_up(&other, "new.jsonl", &[]));
    assert_eq!(read_events(&after), [LARGEST]);

    // Nothing else of that size came from us.
    for (column, value) in [(0, OLD), (1, OLD), (2, OLD - 1)] {
        let mut altered = row.clone();
        altered[column] = json!(value);
        lines[at] = Value::from(altered).to_string();
        let other = Workplace::empty();
        fs::write(other.path().join("odd.jsonl"), sealed(&lines, &end)).unwrap();
        let told = other.fails(1, &["restore", "odd.jsonl"]);
        assert!(told.contains(&format!("line {}: its ", at + 1)), "{told}");
    }
}
