//! Backups that are restored: everything comes back.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};

use super::{Backup, PASSPHRASE, backed_up, names, sealed};
use crate::cli::log_notes::submit;
use crate::cli::running::start;
use crate::cli::{Workplace, stderr};

const TOKEN: [&str; 8] = [
    "token",
    "create",
    "--user",
    "alice",
    "--name",
    "ci",
    "--scope",
    "read_registry",
];

/// A workplace with a row in every table, and the secret of a token that pulls.
pub(super) fn full() -> (Workplace, String) {
    let workplace = Workplace::furnished();
    let secret = workplace.ok(&TOKEN);
    workplace.ok(&[
        "deploy-token",
        "create",
        "team/app",
        "--name",
        "builds",
        "--scope",
        "read_registry",
        "--expires-at",
        "2099-12-31",
    ]);
    workplace.ok(&["group", "create", "team/inner"]);
    workplace.ok(&["group", "create", "gone"]);
    workplace.ok(&["group", "delete", "gone", "--yes"]);
    workplace.ok(&["user", "create", "last"]);
    workplace.ok(&["user", "delete", "last", "--yes"]);
    (workplace, secret.trim().to_owned())
}

pub(super) fn login(token: &str, user: &str, secret: &str, scope: &str) -> String {
    let basic = STANDARD.encode(format!("{user}:{secret}"));
    let path = format!("GET /jwt/auth?service=container_registry&scope={scope}&offline_token=true");
    crate::cli::running::send(token, &path, &format!("authorization: Basic {basic}\r\n"))
}

/// A key as a rotation puts it aside that by the clock of that day is not valid yet.
fn put_a_key_aside(workplace: &Workplace) {
    let early = workplace.path().join("keys/early");
    fs::create_dir(&early).unwrap();
    let signing = fs::read_dir(workplace.path().join("keys/signing")).unwrap();
    let key = signing.map(|entry| entry.unwrap().path()).next().unwrap();
    fs::copy(key, early.join("1790000000-0.pem")).unwrap();
}

#[test]
fn everything_comes_back_with_keys_and_tokens_that_work() {
    let (workplace, secret) = full();
    let running = start(&workplace, "log");
    let set = ["user", "reset-password", "alice", "--password-stdin"];
    let mut set = workplace.command(&set);
    assert!(
        set.write_stdin("long enough, Alice")
            .output()
            .unwrap()
            .status
            .success()
    );
    let scope = "repository:team/app:pull";
    let by_password = login(&running.token, "alice", "long enough, Alice", scope);
    assert!(by_password.contains("refresh_token"), "{by_password}");
    fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
    put_a_key_aside(&workplace);
    let keys = ["--with-keys", "--passphrase-file", "passphrase"];
    let file = backed_up(&workplace, "backup.age", &keys);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let beginning = b"age-encryption.org/v1\n-> scrypt ";
    assert!(fs::read(&file).unwrap().starts_with(beginning));

    let other = Workplace::empty();
    let mut restore = other.command(&["restore", file.to_str().unwrap(), "--passphrase-file", "-"]);
    let output = restore.write_stdin(PASSPHRASE).output().unwrap();
    let told = stderr(&output);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("rows as of 2") && told.contains("Now start the service"),
        "{told}"
    );
    for place in [
        "keys/ca.key",
        "keys/public/ca.crt",
        "keys/public/jwks.json",
        "keys/early/1790000000-0.pem",
    ] {
        let read = |workplace: &Workplace| {
            let path = workplace.path().join(place);
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            (mode, fs::read_to_string(path).unwrap())
        };
        assert_eq!(read(&workplace), read(&other), "{place}");
    }
    assert_eq!(
        names(&workplace.path().join("keys/signing")),
        names(&other.path().join("keys/signing"))
    );
    let again = start(&other, "log");
    let reply = login(&again.token, "alice", &secret, scope);
    assert!(
        reply.starts_with("HTTP/1.1 200") && !reply.contains("\"denied\""),
        "{reply}"
    );
    let log = fs::read_to_string(other.path().join("log")).unwrap();
    assert!(!log.contains("docker login"), "it is no first start: {log}");
}

#[test]
fn a_restored_database_has_the_same_rows_and_goes_on_counting() {
    let (workplace, secret) = full();
    let mut running = start(&workplace, "log");
    let reply = login(&running.token, "x", &secret, "repository:team/app:pull");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    running.stop();
    let before = backed_up(&workplace, "before.jsonl", &[]);
    let other = Workplace::empty();
    let restored = other.json(&["restore", before.to_str().unwrap()]);
    let first = Backup::read(&before);
    let change = first.header()["change"].as_i64().unwrap();
    assert_eq!(restored["change"], change);
    assert_eq!(restored["rows"]["users"], 1);
    assert_eq!(restored["key_files"], 0);
    let second = Backup::read(&backed_up(&other, "after.jsonl", &[]));
    for used in ["repositories", "usage_days"] {
        assert_eq!(first.tables[used].len(), 1, "{used}");
    }
    for (table, rows) in &first.tables {
        let after = &second.tables[table];
        match table.as_str() {
            "change_counter" => assert_eq!(second.numbers(table, "number"), [change + 1]),
            // The restoration is a change itself.
            "changes" | "events" => {
                assert_eq!(after[..rows.len()], rows[..], "{table}");
                assert_eq!(after.len(), rows.len() + 1, "{table}");
            }
            _ => assert_eq!(after, rows, "{table}"),
        }
    }
    let event = second.tables["events"].last().unwrap();
    assert_eq!(event["action"], "database.restored");
    assert_eq!(event["change_number"], change + 1);
    let change = second.tables["changes"].last().unwrap();
    assert_eq!(change["subjects"], "*", "replicas drop all copies");

    // Ids of what is deleted are not given out again: the audit log names them.
    let made = other.json(&["user", "create", "next"]);
    assert_eq!(made["id"], 3);
    let made = other.json(&["project", "create", "team/inner/next"]);
    let last = first.numbers("namespaces", "id").into_iter().max().unwrap();
    assert!(made["id"].as_i64().unwrap() > last, "{made}");
}

/// Signs Alice in on the pages, and out again.
fn sign_in_and_out(workplace: &Workplace) {
    let mut running = start(workplace, "log");
    let form = "username=alice&password=correct+horse+battery&next=/profile";
    let reply = submit(&running, "/sign_in", "", form);
    let cookie = reply
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap().split(';').next().unwrap();
    let out = submit(&running, "/sign_out", &format!("cookie: {cookie}\r\n"), "");
    assert!(out.starts_with("HTTP/1.1 303"), "{out}");
    running.stop();
}

/// Sessions are in no backup, but the audit log names them.
#[test]
fn sessions_of_a_restored_database_go_on_after_those_of_the_audit_log() {
    let workplace = Workplace::furnished();
    let mut set = workplace.command(&["user", "reset-password", "alice", "--password-stdin"]);
    set.write_stdin("correct horse battery").assert().success();
    sign_in_and_out(&workplace);
    sign_in_and_out(&workplace);
    let backup = backed_up(&workplace, "backup.jsonl", &[]);
    let other = Workplace::empty();
    other.ok(&["restore", backup.to_str().unwrap()]);
    other.run(&["keys", "create"]);
    sign_in_and_out(&other);
    let after = Backup::read(&backed_up(&other, "after.jsonl", &[]));
    let events = after.tables["events"].iter();
    let ended = events.filter(|event| event["action"] == "session.ended");
    let ids: Vec<&Value> = ended.map(|event| &event["subject_id"]).collect();
    assert_eq!(ids, [1, 2, 3]);
}

/// The index of searches is in no backup. Without it a search would find nothing of what was restored.
#[tokio::test]
async fn a_restored_database_is_searched_as_before() {
    let workplace = Workplace::furnished();
    workplace.ok(&TOKEN);
    let backup = backed_up(&workplace, "backup.jsonl", &[]);
    let other = Workplace::empty();
    other.json(&["restore", backup.to_str().unwrap()]);
    let index = async |place: &Workplace| {
        let url = format!("sqlite://{}/data/wharfinger.db", place.path().display());
        let db = Database::connect(url).await.unwrap();
        let all =
            "SELECT kind, letters, block, bits FROM letter_pairs ORDER BY kind, letters, block";
        let all = Statement::from_string(db.get_database_backend(), all);
        let rows = db.query_all_raw(all).await.unwrap();
        let cells = rows.iter().map(|row| {
            let cell = |place| row.try_get_by_index::<i64>(place).unwrap();
            [0, 1, 2, 3].map(cell)
        });
        cells.collect::<Vec<_>>()
    };
    let before = index(&workplace).await;
    assert!(before.len() > 10, "{before:?}");
    assert_eq!(index(&other).await, before);
}

/// A later migration cannot be forgotten. Sessions are left out: nobody takes them to another database; the index of searches is made anew.
#[tokio::test]
async fn every_table_and_column_of_the_schema_is_in_a_backup() {
    let workplace = Workplace::migrated();
    let backup = backed_up(&workplace, "backup.jsonl", &[]);
    let url = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
    let db = Database::connect(url).await.unwrap();
    let query = async |sql: &str| {
        let statement = Statement::from_string(db.get_database_backend(), sql);
        db.query_all_raw(statement).await.unwrap()
    };
    let mut schema = Vec::new();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                  AND name NOT IN ('seaql_migrations', 'sessions', 'letter_pairs', 'live_keys') ORDER BY name";
    for row in query(tables).await {
        let table: String = row.try_get("", "name").unwrap();
        let columns = query(&format!(
            "SELECT name, type FROM pragma_table_info('{table}')"
        ))
        .await;
        let mut columns: Vec<_> = columns
            .iter()
            .map(|row| {
                let declared: String = row.try_get("", "type").unwrap();
                let kind = match declared.to_lowercase().split('(').next().unwrap() {
                    "integer" | "bigint" => "integer",
                    "boolean" => "boolean",
                    "varchar" | "text" => "text",
                    "varbinary_blob" | "blob" => "bytes",
                    "datetime_text" => "instant",
                    other => panic!("{table} has a column of type {other}"),
                };
                json!([row.try_get::<String>("", "name").unwrap(), kind])
            })
            .collect();
        columns.sort_by_key(Value::to_string);
        schema.push((table, columns));
    }
    let text = fs::read_to_string(backup).unwrap();
    let heads = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut heads: Vec<_> = heads
        .filter_map(|line| {
            let mut columns = line.get("columns")?.as_array()?.clone();
            columns.sort_by_key(Value::to_string);
            Some((line["table"].as_str()?.to_owned(), columns))
        })
        .collect();
    heads.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(heads, schema);
    assert!(schema.len() >= 10, "{schema:?}");
}

/// The lines of a backup as they were before events had what they belong to.
fn without_entities(lines: &[String]) -> Vec<String> {
    let mut is_left_out: Vec<bool> = Vec::new();
    let older = lines.iter().map(|line| {
        let read: Value = serde_json::from_str(line).unwrap();
        if let Some(columns) = read["columns"].as_array() {
            let names = columns.iter().map(|column| column[0].as_str().unwrap());
            let added = ["password_is_temporary", "two_factor", "nanoseconds"];
            let is_younger = |name: &str| name.starts_with("entity_") || added.contains(&name);
            is_left_out = names.map(is_younger).collect();
        }
        let Some(cells) = read["columns"].as_array().or(read.as_array()) else {
            return line.clone();
        };
        let kept = cells.iter().zip(&is_left_out).filter(|(_, out)| !**out);
        let (all, kept) = (json!(cells), kept.map(|(cell, _)| cell.clone()).collect());
        line.replace(&all.to_string(), &Value::Array(kept).to_string())
    });
    older.collect()
}

#[test]
fn a_backup_of_an_older_schema_is_restored_and_brought_up_to_date() {
    let (workplace, secret) = full();
    let backup = Backup::read(&backed_up(&workplace, "backup.jsonl", &[]));
    let mut lines = backup.lines;
    let end = lines.pop().unwrap();
    let newest = serde_json::from_str::<Value>(&lines[0]).unwrap()["schema"].clone();
    lines[0] = lines[0].replace(newest.as_str().unwrap(), "m48_namespaces_list_indexes");
    let mut lines = without_entities(&lines);
    assert!(!lines.concat().contains("entity_"));
    let mut end: Value = serde_json::from_str(&end).unwrap();
    for younger in [
        "repositories",
        "usage_days",
        "two_factors",
        "recovery_codes",
        "notices",
        "notice_progress",
    ] {
        lines.retain(|line| !line.starts_with(&format!("{{\"table\":\"{younger}\"")));
        assert_eq!(
            end["end"]["rows"].as_object_mut().unwrap().remove(younger),
            Some(json!(0))
        );
    }
    let end = end.to_string();
    let other = Workplace::empty();
    fs::write(other.path().join("old.jsonl"), sealed(&lines, &end)).unwrap();
    other.ok(&["restore", "old.jsonl"]);
    let events = ["audit", "list", "--entity", "team"];
    assert_eq!(other.ok(&events), workplace.ok(&events));
    assert_eq!(
        Backup::read(&backed_up(&other, "new.jsonl", &[])).header()["schema"],
        newest
    );
    let running = start(&other, "log");
    let reply = login(&running.token, "x", &secret, "repository:team/app:pull");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

/// No path of ours leads there yet, but nothing forbids it.
#[test]
fn a_namespace_may_come_before_the_one_that_holds_it() {
    let (workplace, _) = full();
    let backup = Backup::read(&backed_up(&workplace, "backup.jsonl", &[]));
    let mut lines = backup.lines;
    let end = lines.pop().unwrap();
    let id = |path: &str| {
        let row = backup.tables["namespaces"]
            .iter()
            .find(|row| row["path"] == path);
        row.unwrap()["id"].as_i64().unwrap()
    };
    let (app, inner) = (id("team/app"), id("team/inner"));
    let (from, to) = (
        format!("[{app},\"team/app\""),
        format!("[{app},\"inner/app\""),
    );
    let at = lines
        .iter()
        .position(|line| line.starts_with(&from))
        .unwrap();
    let mut row: Vec<Value> = serde_json::from_str(&lines[at]).unwrap();
    let parent = row
        .iter()
        .position(|cell| *cell == json!(id("team")))
        .unwrap();
    row[parent] = json!(inner);
    lines[at] = serde_json::to_string(&row).unwrap().replace(&from, &to);
    let other = Workplace::empty();
    fs::write(other.path().join("odd.jsonl"), sealed(&lines, &end)).unwrap();
    other.ok(&["restore", "odd.jsonl"]);
    let after = Backup::read(&backed_up(&other, "after.jsonl", &[]));
    let row = after.tables["namespaces"]
        .iter()
        .find(|row| row["id"] == app);
    assert_eq!(row.unwrap()["parent_id"], inner);
}
