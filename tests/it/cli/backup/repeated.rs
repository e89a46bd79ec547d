//! Restorations that are run again: after their commit, and after a fault in the rows.

use std::fs;

use serde_json::{Value, json};

use super::killed::{Source, key_files};
use super::{Backup, backed_up, names, sealed};
use crate::cli::{Workplace, stderr};

/// A kill may come between the commit and the end, so that nobody learns that everything was restored.
#[test]
fn a_restoration_that_came_to_its_commit_can_be_run_again() {
    let (source, another) = (Source::new(), Source::new());
    let other = source.empty();
    other.ok(&source.restore());
    let mark = other.path().join("keys/.restoring");
    for is_marked in [true, false] {
        if is_marked {
            source.mark(&other);
        }
        let output = other.run(&source.restore());
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(told.contains("was restored into the database "), "{told}");
        assert!(
            told.contains(" already; nothing was changed. Now start the service."),
            "{told}"
        );
        assert!(!mark.exists());
    }
    let told = other.json(&source.restore());
    assert_eq!(told["already"], true);
    assert_eq!(told["key_files"], source.key_files.len());
    // Another backup is another one, with and without its keys.
    for more in [&[][..], &["--without-keys"]] {
        let told = other.fails(1, &[&another.restore(), more].concat());
        assert!(
            told.contains("is there already") || told.contains("is not empty"),
            "{told}"
        );
    }
    source.must_be_restored_in(&other);
    // After a change the database is more than what was restored.
    other.ok(&["user", "create", "next"]);
    let told = other.fails(1, &source.restore());
    assert!(
        told.contains("is not empty, and a backup never replaces anything"),
        "{told}"
    );
}

/// Who first left the keys out, and then wants them, is not told that they are there.
#[test]
fn keys_that_were_left_out_are_not_said_to_be_restored() {
    let source = Source::new();
    let other = source.empty();
    let without = [&source.restore()[..], &["--without-keys"]].concat();
    other.ok(&without);
    other.ok(&without);
    let told = other.fails(1, &source.restore());
    assert!(told.contains("is not empty"), "{told}");
    assert_eq!(key_files(&other.path().join("keys")), Vec::<String>::new());
}

/// Row by row the database takes it; the last references are written when all rows are there.
#[test]
fn a_group_in_a_group_that_is_not_there_is_named_and_no_key_is_written() {
    let source = Source::new();
    let whole = Backup::read(&backed_up(&source.workplace, "plain", &[]));
    let mut lines = whole.lines;
    let mut end: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    for path in &source.key_files {
        lines.push(json!({ "key_file": path, "text": source.text(path) }).to_string());
    }
    end["end"]["key_files"] = json!(source.key_files.len());
    let end = end.to_string();
    let good = sealed(&lines, &end);
    let head = lines
        .iter()
        .position(|line| line.starts_with("{\"table\":\"namespaces\""))
        .unwrap();
    let columns: Value = serde_json::from_str(&lines[head]).unwrap();
    let columns = columns["columns"].as_array().unwrap();
    let place = columns
        .iter()
        .position(|column| column[0] == "parent_id")
        .unwrap();
    let mut row: Vec<Value> = serde_json::from_str(&lines[head + 1]).unwrap();
    let key = row[0].clone();
    row[place] = json!(1000);
    lines[head + 1] = Value::from(row).to_string();

    let other = Workplace::empty();
    fs::write(other.path().join("file"), sealed(&lines, &end)).unwrap();
    let told = other.fails(1, &["restore", "file"]);
    let expected = format!(
        "file is not restored: its row {key} of the table namespaces names 1000 in its column parent_id, and there is no such row"
    );
    assert!(told.contains(&expected), "{told}");
    let keys = other.path().join("keys");
    assert!(!keys.exists() || key_files(&keys).is_empty());
    assert!(!keys.join(".restoring").exists());
    // Nothing is in the way of a backup that is whole.
    fs::write(other.path().join("file"), good).unwrap();
    other.ok(&["restore", "file"]);
    assert_eq!(key_files(&keys), source.key_files);
    assert!(names(&keys).iter().all(|name| name != ".restoring"));
    source.must_be_restored_in(&other);
}
