//! A backup moves from one kind of database to another, and everything works on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::harness::{Service, Story, World, run};

pub(crate) const STORIES: &[Story] = &[(
    "a_backup_moves_between_all_kinds_of_databases_while_they_are_changed",
    a_backup_moves_between_all_kinds_of_databases_while_they_are_changed,
)];

const PASSPHRASE: &str = "a passphrase for backups";

/// From SQLite to the empty databases that `tests/run.sh` names, one after the other, and back to SQLite.
#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh names the databases"
)]
fn a_backup_moves_between_all_kinds_of_databases_while_they_are_changed(world: &World) {
    let mut databases = std::env::var("BACKUP_DATABASE_URLS").unwrap_or_default();
    databases.push_str(" sqlite://data/moved.db");
    let mut service = Service::start(&world.new_folder());
    service.cli(&["group", "create", "team"]);
    service.cli(&["project", "create", "team/app"]);
    service.cli(&["user", "create", "alice"]);
    service.cli(&["member", "add", "team", "alice", "--level", "developer"]);
    let create = [
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "x",
        "--scope",
        "write_registry",
        "--scope",
        "read_registry",
    ];
    let token = world.secret(service.secret_cli(&create).trim().to_owned());
    let trusted = service.cli(&["keys", "ca"]);
    may_push(world, &service, &token);
    for database in databases.split_whitespace() {
        let folder = world.new_folder();
        let file = folder.join("backup.age");
        let last = backed_up_while_it_changes(&service, &file);
        let next = Service::start_restored(&folder, database, (&file, PASSPHRASE));
        assert_eq!(next.cli(&["keys", "ca"]), trusted, "{database}");
        may_push(world, &next, &token);
        let id = created(&next, "next");
        assert!(id > last, "{database}: {id} after {last}");
        next.cli(&["user", "delete", "next", "--yes"]);
        assert_eq!(created(&next, &format!("user-{id}")), id + 1, "{database}");
        service = next;
    }
    assert!(service.folder.join("data/moved.db").exists());
}

fn created(service: &Service, name: &str) -> i64 {
    let made = service.cli(&["--json", "user", "create", name]);
    let made: Value = serde_json::from_str(&made).unwrap();
    made["id"].as_i64().unwrap()
}

/// A login as docker does it, and the right to push.
fn may_push(world: &World, service: &Service, token: &str) {
    let query = "service=container_registry&scope=repository:team/app:push,pull";
    let url = format!("{}/jwt/auth?account=alice&{query}", service.url);
    let credential = format!("alice:{token}");
    let ran = run(world, "curl", &["-sf", "-u", &credential, &url], "");
    ran.must_succeed();
    let reply: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(reply["token"].is_string(), "{reply}");
    assert!(reply.get("denied").is_none(), "{reply}");
}

/// Makes a backup with keys while users, their roles and their tokens come and go, after others whose references were
/// looked at. Returns the last user's id that had been given out then.
fn backed_up_while_it_changes(service: &Service, file: &Path) -> i64 {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                let name = format!("worker-{count}");
                service.cli(&["user", "create", &name]);
                service.cli(&["member", "add", "team", &name, "--level", "guest"]);
                service.cli(&["user", "delete", &name, "--yes"]);
                count += 1;
            }
            count
        });
        let mut seen = BTreeSet::new();
        for number in 0..5 {
            let plain = file.with_extension(format!("{number}.jsonl"));
            service.cli(&["backup", plain.to_str().unwrap()]);
            seen.insert(must_be_of_one_moment(
                &std::fs::read_to_string(&plain).unwrap(),
            ));
        }
        let encrypted = ["backup", "--with-keys", "--passphrase-file", "-"];
        service.cli_with(
            &[&encrypted[..], &[file.to_str().unwrap()]].concat(),
            PASSPHRASE,
        );
        is_over.store(true, Ordering::Relaxed);
        assert!(changes.join().unwrap() > 0);
        assert!(seen.len() > 1, "changes were made between them: {seen:?}");
    });
    let last = created(service, "last");
    service.cli(&["user", "delete", "last", "--yes"]);
    let again = file.with_extension("again");
    let encrypted = ["backup", "--with-keys", "--passphrase-file", "-"];
    service.cli_with(
        &[&encrypted[..], &[again.to_str().unwrap()]].concat(),
        PASSPHRASE,
    );
    std::fs::rename(again, file).unwrap();
    last
}

/// Looks at all references and numbers in a backup, and returns the number of the last change.
fn must_be_of_one_moment(text: &str) -> i64 {
    let (mut columns, mut numbers) = (Vec::new(), BTreeMap::<String, BTreeSet<i64>>::new());
    for line in text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        if let Some(table) = line["table"].as_str() {
            let names = line["columns"].as_array().unwrap().iter();
            let name = |column: &Value| format!("{table}.{}", column[0].as_str().unwrap());
            columns = names.map(name).collect();
        } else if let Value::Array(cells) = line {
            for (column, cell) in columns.iter().zip(cells) {
                let all = numbers.entry(column.clone()).or_default();
                all.extend(cell.as_i64());
            }
        }
    }
    for (column, known) in [
        ("members.user_id", "users.id"),
        ("members.namespace_id", "namespaces.id"),
        ("personal_access_tokens.user_id", "users.id"),
    ] {
        assert!(
            numbers[column].is_subset(&numbers[known]),
            "{column}: {numbers:?}"
        );
    }
    let last = *numbers["change_counter.number"].first().unwrap();
    let all: BTreeSet<i64> = (1..=last).collect();
    assert_eq!(numbers["changes.number"], all);
    assert_eq!(numbers["events.change_number"], all);
    last
}
